"""The exact sums behind an estimate, before they are rounded and worded."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from tools.cost.book import Book, Line, plain
from tools.cost.break_even import break_even
from tools.cost.catalogue import Offer, find_model, find_offer, find_provider
from tools.cost.hosting import hosting
from tools.cost.inference import monthly, per_request, say_cached
from tools.cost.labour import hourly_rate, labelling, labour
from tools.cost.money import Amount, Range, Unknown, add_up, in_words, usd
from tools.cost.request import CostRequest
from tools.cost.result import BreakEven, PaidTo
from tools.cost.retraining import evaluation, further_runs, retraining
from tools.cost.training import training
from tools.cost.volume import Volume, measure
from tools.progress import Progress, silent


def today_at_the_door() -> date:
    """The calendar day in UTC, for callers that were given none."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Workings:
    """Everything one estimate was made of."""

    request: CostRequest
    offer: Offer
    now: Offer
    """Today's model."""
    volume: Volume
    today: date
    book: Book
    job: Line
    host_month: Amount
    tuned: Amount
    """USD of one request to the tuned model."""
    base: Amount
    """USD of one request the way it is done today."""
    lines: tuple[Line, ...]

    @property
    def fixed(self) -> Amount:
        """All costs of tuning over the horizon but inference."""
        total, known, why = add_up(x.amount for x in self.lines if x.name != "inference")
        return total if total is not None else Unknown("; ".join(why), floor=known.low)

    @property
    def even(self) -> BreakEven:
        """The break-even over the horizon."""
        return break_even(
            self.fixed,
            times(self.host_month, self.request.months),
            self.base,
            self.tuned,
            self.request.months,
            f"{self.now.name}, not tuned",
        )

    @property
    def once(self) -> Decimal | None:
        """What is paid once, expected; None when unknown."""
        total, _, _ = add_up(x.amount for x in self.lines if x.kind == "once")
        return None if total is None else total.expected

    @property
    def saving_per_month(self) -> Decimal | None:
        """Running costs of today less those of the tuned model, expected; None when unknown."""
        base, tuned = (monthly(u, self.request.requests_per_day) for u in (self.base, self.tuned))
        if isinstance(base, Unknown) or isinstance(tuned, Unknown) or isinstance(self.host_month, Unknown):
            return None
        return base.expected - tuned.expected - self.host_month.expected


def start(request: CostRequest, progress: Progress = silent) -> Workings:
    """Find the offer, count the tokens, work it out.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the model is known and can no longer be tuned there; the message names the next route.
    """
    today = request.today or today_at_the_door()
    offer = find_offer(request.provider, request.model, technique=request.technique, tier=request.tier, today=today)
    book = Book(request.assumed)
    volume = measure(request, offer, book, progress)
    return work_out(request, offer, volume, today, book)


def baseline_offer(request: CostRequest, offer: Offer) -> Offer:
    """Today's model; it need not be one that can be tuned.

    Raises:
        InputError: it is not in the catalogue.
    """
    if request.baseline_model is None:
        return offer
    where = find_provider(request.baseline_provider or request.provider)
    name, model = find_model(where, request.baseline_model)
    return Offer(where, name, model, offer.technique, where.default_tier)


def work_out(request: CostRequest, offer: Offer, volume: Volume, today: date, book: Book) -> Workings:
    """All sums of one offer on tokens that are already counted."""
    job, job_prices = book.traced(lambda: training(request, offer, volume, book))
    job = replace(job, prices=job_prices)
    (host, host_words), host_prices = book.traced(lambda: hosting(request, offer, book))
    tuned, tuned_prices = book.traced(
        lambda: per_request(
            offer,
            "tuned",
            volume.prompt_tokens,
            volume.completion_tokens,
            book,
            cached_share=request.cached_share,
            batch_share=request.batch_share,
        )
    )
    now = baseline_offer(request, offer)
    today_cached = request.cached_share if request.baseline_cached_share is None else request.baseline_cached_share
    base, base_prices = book.traced(
        lambda: per_request(
            now,
            "base",
            volume.baseline_prompt_tokens,
            volume.baseline_completion_tokens,
            book,
            cached_share=today_cached,
            batch_share=request.batch_share,
        )
    )
    say_cached(book, request.cached_share)
    if request.requests_per_day is not None:
        book.assume("requests_per_day", plain(request.requests_per_day), "given")
    book.assume("months", str(request.months), "given" if "months" in request.model_fields_set else "default")
    rate = hourly_rate(request, book)
    test, test_words = evaluation(request, tuned, base, book)
    total, known, why = add_up([job.amount, test])
    again: Amount = total if total is not None else Unknown("; ".join(why), floor=known.low)
    idle: PaidTo = "nobody" if offer.provider.billing.hosting == "own_hardware" else "provider"
    labels = labelling(request, rate, book)
    scored = tuple(dict.fromkeys((*base_prices, *tuned_prices)))
    whole = tuple(dict.fromkeys((*job_prices, *scored)))
    hosted, asked = _service(request, host, host_words, tuned, idle)
    jobs, people = retraining(request, offer, again, rate, today, book)
    lines = (
        *([labels] if labels else []),
        labour(request, rate, book),
        job,
        Line("evaluation", test, test_words, "once", "capital", "provider", scored),
        replace(further_runs(request, again, book), prices=whole),
        replace(hosted, prices=host_prices),
        replace(asked, prices=tuned_prices),
        replace(jobs, prices=whole),
        people,
    )
    return Workings(request, offer, now, volume, today, book, job, host, tuned, base, lines)


def _service(request: CostRequest, host: Amount, host_words: str, tuned: Amount, paid_to: PaidTo) -> tuple[Line, Line]:
    months = request.months
    hosted, asked = times(host, months), monthly(tuned, request.requests_per_day)
    served = times(asked, months)
    unit = f" ({usd(tuned.expected * 1000)} per 1,000 requests)" if isinstance(tuned, Range) else ""
    return (
        Line(
            "hosting", hosted, f"{months} months x ({host_words}) = {in_words(hosted)}", "monthly", "operating", paid_to
        ),
        Line(
            "inference",
            served,
            f"{months} months x {in_words(asked)} a month{unit} = {in_words(served)}",
            "monthly",
            "operating",
            paid_to,
        ),
    )


def times(amount: Amount, months: int) -> Amount:
    """An amount a month, so many months."""
    if isinstance(amount, Unknown):
        return Unknown(amount.reason, floor=amount.floor * months)
    return amount * months
