"""The estimate: one request in, every sum with its arithmetic and sources out."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tools.cost.book import Book, Line
from tools.cost.break_even import break_even
from tools.cost.catalogue import Offer, find_model, find_offer, find_provider
from tools.cost.hosting import hosting
from tools.cost.inference import monthly, per_request, say_cached
from tools.cost.labour import hourly_rate, labour
from tools.cost.lifetime import lifetime
from tools.cost.money import Amount, Range, Unknown, add_up, cents, in_words, spread, total_spread, usd
from tools.cost.request import CostRequest
from tools.cost.result import BreakEven, Component, CostEstimate, Driver, Lifetime, PaidTo
from tools.cost.retraining import evaluation, further_runs, retraining
from tools.cost.training import training
from tools.cost.volume import Volume, measure
from tools.cost.warnings import warnings
from tools.progress import Progress, silent


def today_at_the_door() -> date:
    """The calendar day in UTC, for callers that were given none."""
    return datetime.now(UTC).date()


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


def estimate(request: CostRequest, progress: Progress = silent) -> CostEstimate:
    """What tuning costs, once and over the horizon, against today.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the model is known and can no longer be tuned there; the message names the next route.
    """
    today = request.today or today_at_the_door()
    offer = find_offer(request.provider, request.model, technique=request.technique, tier=request.tier, today=today)
    book = Book()
    volume = measure(request, offer, book, progress)
    return _add_up(request, offer, volume, book, today)


def _add_up(request: CostRequest, offer: Offer, volume: Volume, book: Book, today: date) -> CostEstimate:
    job = training(request, offer, volume, book)
    host, host_words = hosting(request, offer, book)
    tuned = per_request(
        offer,
        "tuned",
        volume.prompt_tokens,
        volume.completion_tokens,
        book,
        cached_share=request.cached_share,
        batch_share=request.batch_share,
    )
    now = baseline_offer(request, offer)
    base = per_request(
        now,
        "base",
        volume.baseline_prompt_tokens,
        volume.baseline_completion_tokens,
        book,
        cached_share=request.cached_share if request.baseline_cached_share is None else request.baseline_cached_share,
        batch_share=request.batch_share,
    )
    say_cached(book, request.cached_share)
    if request.requests_per_day is not None:
        book.assume("requests_per_day", f"{request.requests_per_day:,}", "given")
    book.assume("months", str(request.months), "given" if "months" in request.model_fields_set else "default")

    lines = _lines(request, offer, volume, job, host, host_words, tuned, base, today, book)
    month_tuned, month_base = (monthly(u, request.requests_per_day) for u in (tuned, base))
    fixed, _, why = add_up(x.amount for x in lines if x.name != "inference")
    even = break_even(
        fixed if fixed is not None else Unknown("; ".join(why)),
        _times(host, request.months),
        base,
        tuned,
        request.months,
        f"{now.name}, not tuned",
    )
    life = lifetime(offer, today, request.months, _once(lines), _saving(month_base, month_tuned, host))
    total = total_spread(x.amount for x in lines)
    return CostEstimate(
        provider=offer.provider.id,
        model=offer.name,
        technique=offer.technique,
        tier=offer.tier,
        months=request.months,
        as_of=today,
        summary=_summary(offer, job, lines, even, life, request.months),
        training_usd=total_spread([job.amount]),
        hosting_usd_per_month=total_spread([host]),
        inference_usd_per_month=total_spread([month_tuned]),
        labour_usd=total_spread(x.amount for x in lines if x.paid_to == "people"),
        retraining_usd=total_spread(x.amount for x in lines if x.kind == "repeated"),
        total_usd=total,
        provider_usd=total_spread(x.amount for x in lines if x.paid_to != "people"),
        capital_usd=total_spread(x.amount for x in lines if x.spending == "capital"),
        operating_usd=total_spread(x.amount for x in lines if x.spending == "operating"),
        baseline_usd=total_spread([_times(month_base, request.months)]),
        break_even_requests_per_day=even.requests_per_day,
        break_even=even,
        lifetime=life,
        prices=tuple(book.prices),
        warnings=warnings(request, offer, life, book.prices, today),
        assumptions=tuple(book.assumptions),
        drivers=drivers(lines),
        components=tuple(
            Component(
                name=x.name,
                usd=spread(x.amount) if isinstance(x.amount, Range) else total_spread([x.amount]),
                arithmetic=x.arithmetic,
                kind=x.kind,
                spending=x.spending,
                paid_to=x.paid_to,
            )
            for x in lines
        ),
    )


def _lines(
    request: CostRequest,
    offer: Offer,
    volume: Volume,
    job: Line,
    host: Amount,
    host_words: str,
    tuned: Amount,
    base: Amount,
    today: date,
    book: Book,
) -> list[Line]:
    months = request.months
    rate = hourly_rate(request, book)
    test, test_words = evaluation(request, tuned, base, book)
    total, known, why = add_up([job.amount, test])
    again: Amount = total if total is not None else Unknown("; ".join(why), floor=known.low)
    hosted = _times(host, months)
    asked = monthly(tuned, request.requests_per_day)
    served = _times(asked, months)
    idle: PaidTo = "nobody" if offer.provider.billing.hosting == "own_hardware" else "provider"
    return [
        labour(request, rate, book),
        job,
        Line("evaluation", test, test_words, "once", "capital", "provider"),
        further_runs(request, again, book),
        Line("hosting", hosted, f"{months} months x ({host_words}) = {in_words(hosted)}", "monthly", "operating", idle),
        Line(
            "inference",
            served,
            f"{months} months x {in_words(asked)} a month" + _unit_words(tuned) + f" = {in_words(served)}",
            "monthly",
            "operating",
            idle,
        ),
        *retraining(request, offer, again, rate, today, book),
    ]


def _unit_words(unit: Amount) -> str:
    return "" if isinstance(unit, Unknown) else f" ({usd(unit.expected * 1000)} per 1,000 requests)"


def _times(amount: Amount, months: int) -> Amount:
    if isinstance(amount, Unknown):
        return Unknown(amount.reason, floor=amount.floor * months)
    return amount * months


def _once(lines: list[Line]) -> Decimal | None:
    total, _, _ = add_up(x.amount for x in lines if x.kind == "once")
    return None if total is None else total.expected


def _saving(base: Amount, tuned: Amount, host: Amount) -> Decimal | None:
    if isinstance(base, Unknown) or isinstance(tuned, Unknown) or isinstance(host, Unknown):
        return None
    return base.expected - tuned.expected - host.expected


def drivers(lines: list[Line], most: int = 3) -> tuple[Driver, ...]:
    """The largest known parts."""
    known = [(x.name, x.amount.expected) for x in lines if isinstance(x.amount, Range) and x.amount.expected > 0]
    total = sum((v for _, v in known), Decimal(0))
    top = sorted(known, key=lambda x: (-x[1], x[0]))[:most]
    return tuple(Driver(name=n, usd=cents(v), share=round(float(v / total), 4)) for n, v in top)


def _summary(offer: Offer, job: Line, lines: list[Line], even: BreakEven, life: Lifetime, months: int) -> str:
    total, known, _ = add_up(x.amount for x in lines)
    whole = f"{in_words(total)}" if total is not None else f"at least {usd(known.low)}"
    text = (
        f"Tuning {offer.label} costs {in_words(job.amount)} a training and {whole} over {months} months, "
        f"people included. {even.text}"
    )
    if life.covers_horizon is False:
        text = f"{life.text} {text}"
    return text
