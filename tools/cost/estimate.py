"""The estimate: one request in, every sum with its arithmetic and sources out."""

from collections.abc import Sequence
from decimal import Decimal

from tools.cost.book import Line
from tools.cost.inference import monthly
from tools.cost.lifetime import lifetime
from tools.cost.money import Range, Spread, add_up, cents, in_words, total_spread, usd
from tools.cost.reconciliation import past_error
from tools.cost.request import CostRequest
from tools.cost.result import Component, CostEstimate, Driver, Duration, Lifetime
from tools.cost.warnings import warnings
from tools.cost.workings import Workings, start, times
from tools.progress import Progress, silent


def estimate(request: CostRequest, progress: Progress = silent) -> CostEstimate:
    """What tuning costs, once and over the horizon, against today.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the model is known and can no longer be tuned there; the message names the next route.
    """
    return report(start(request, progress))


def report(w: Workings) -> CostEstimate:
    """Exact sums as people and JSON get them."""
    request, offer, lines = w.request, w.offer, w.lines
    error = past_error(offer.provider.id)
    if error.n:
        w.book.assume("past_error", error.text, "measured")
    life = lifetime(offer, w.today, request.months, w.once, w.saving_per_month)
    even = w.even

    def total(parts: Sequence[Line]) -> Spread:
        return total_spread(x.amount for x in parts)

    return CostEstimate(
        provider=offer.provider.id,
        model=offer.name,
        technique=offer.technique,
        tier=offer.tier,
        months=request.months,
        as_of=w.today,
        summary=_summary(w, even.text, life),
        training_usd=total([w.job]),
        training_hours=_duration(w),
        hosting_usd_per_month=total_spread([w.host_month]),
        inference_usd_per_month=total_spread([monthly(w.tuned, request.requests_per_day)]),
        labour_usd=total([x for x in lines if x.paid_to == "people"]),
        retraining_usd=total([x for x in lines if x.kind == "repeated"]),
        total_usd=total(lines),
        provider_usd=total([x for x in lines if x.paid_to != "people"]),
        capital_usd=total([x for x in lines if x.spending == "capital"]),
        operating_usd=total([x for x in lines if x.spending == "operating"]),
        baseline_usd=total_spread([times(monthly(w.base, request.requests_per_day), request.months)]),
        break_even_requests_per_day=even.requests_per_day,
        break_even=even,
        lifetime=life,
        prices=tuple(w.book.prices),
        warnings=warnings(request, offer, w.volume, life, w.book.prices, w.today),
        assumptions=tuple(w.book.assumptions),
        drivers=drivers(lines),
        components=tuple(
            Component(
                name=x.name,
                usd=total([x]),
                arithmetic=x.arithmetic,
                kind=x.kind,
                spending=x.spending,
                paid_to=x.paid_to,
                prices=x.prices,
            )
            for x in lines
        ),
    )


def _duration(w: Workings) -> Duration | None:
    if w.book.hours is None:
        return None
    hours, how = w.book.hours
    low, expected, high = (round(float(x), 3) for x in (hours.low, hours.expected, hours.high))
    return Duration(low=low, expected=expected, high=high, text=how)


def drivers(lines: Sequence[Line], most: int = 3) -> tuple[Driver, ...]:
    """The largest known parts, expected case."""
    known = [(x.name, x.amount.expected) for x in lines if isinstance(x.amount, Range) and x.amount.expected > 0]
    total = sum((v for _, v in known), Decimal(0))
    top = sorted(known, key=lambda x: (-x[1], x[0]))[:most]
    return tuple(Driver(name=n, usd=cents(v), share=round(float(v / total), 4)) for n, v in top)


def _summary(w: Workings, even: str, life: Lifetime) -> str:
    total, known, _ = add_up(x.amount for x in w.lines)
    whole = in_words(total) if total is not None else f"at least {usd(known.low)}" if known.low else "an unknown sum"
    text = (
        f"Tuning {w.offer.label} costs {in_words(w.job.amount)} a training and {whole} over {w.request.months} months, "
        f"people included. {even}"
    )
    return f"{life.text} {text}" if life.covers_horizon is False else text
