"""Training again: more tries at first, at each change of the data, and when the base retires."""

from datetime import date
from decimal import Decimal

from tools.cost.book import Book, Line, number, plain
from tools.cost.catalogue import Offer
from tools.cost.lifetime import horizon_end
from tools.cost.money import Amount, Range, Unknown, exactly, in_words
from tools.cost.request import CostRequest


def scaled(amount: Amount, times: Range) -> Amount:
    """An amount so many times; an unknown times nothing is nothing."""
    if isinstance(amount, Unknown):
        return exactly(0) if times.high == 0 else Unknown(amount.reason, floor=amount.floor * times.low)
    return amount * times


def further_runs(request: CostRequest, job: Amount, book: Book) -> Line:
    """Trainings beyond the first: other data, other settings, a failure."""
    times = book.choose("further_runs", request.further_runs, "further_runs", "further trainings")
    amount = scaled(job, times)
    return Line(
        "further trainings (other data or settings)",
        amount,
        f"{plain(times.expected)} x (training + evaluation) = {in_words(amount)}",
        "once",
        "capital",
        "provider",
    )


def retrainings(request: CostRequest, offer: Offer, today: date, book: Book) -> tuple[Range, int]:
    """How often within the horizon: for changed data, and for a base that retires."""
    per_year = book.choose("retrain_per_year", request.retrain_per_year, "retrain_per_year", "times a year")
    for_data = per_year * Decimal(request.months) / 12
    ends = offer.model.inference_ends
    retires = int(ends is not None and ends < horizon_end(today, request.months))
    return for_data, retires


def retraining(
    request: CostRequest, offer: Offer, job: Amount, rate: Range, today: date, book: Book
) -> tuple[Line, Line]:
    """The lines for the jobs and for the people."""
    for_data, retires = retrainings(request, offer, today, book)
    times = for_data + exactly(retires)
    jobs = scaled(job, times)
    hours = book.default("retrain_hours", "hours")
    people = times * hours * rate
    why = f"{plain(for_data.expected)} for changed data"
    if retires:
        why += f" + {retires} because the base retires on {offer.model.inference_ends}"
    words = f"({why}) x (training + evaluation) = {in_words(jobs)}"
    return (
        Line("retraining jobs", jobs, words, "repeated", "operating", "provider"),
        Line(
            "people: retraining",
            people,
            f"({why}) x {plain(hours.expected)} hours x ${plain(rate.expected)} an hour = {in_words(people)}",
            "repeated",
            "operating",
            "people",
        ),
    )


def evaluation(request: CostRequest, tuned: Amount, base: Amount, book: Book) -> tuple[Amount, str]:
    """Scoring base and tuned once on the held-out examples."""
    n = request.eval_examples if request.eval_examples is not None else int(number("eval_examples"))
    origin = "given" if request.eval_examples is not None else "default"
    book.assume("eval_examples", f"{n:,} examples", "given" if origin == "given" else "default")
    if n == 0:
        return exactly(0), "no held-out examples"
    for amount in (tuned, base):
        if isinstance(amount, Unknown):
            return amount, f"{n:,} held-out examples x base and tuned"
    assert isinstance(tuned, Range)
    assert isinstance(base, Range)
    amount = (tuned + base) * n
    return amount, f"{n:,} held-out examples x (base + tuned request) = {in_words(amount)}"
