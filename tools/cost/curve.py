"""The total over the horizon at many volumes: the lines of the break-even chart and the rows of its table."""

from decimal import ROUND_CEILING, Decimal

from pydantic import BaseModel, ConfigDict

from tools.cost.break_even import horizon_days
from tools.cost.money import JsonDecimal, Range, Unknown, cents
from tools.cost.request import CostRequest
from tools.cost.workings import Workings, start
from tools.progress import Progress, silent

LADDER = tuple(Decimal(m) * 10**e for e in range(7) for m in (1, 2, 5))


class Point(BaseModel):
    """Both totals at one volume."""

    model_config = ConfigDict(frozen=True)

    requests_per_day: int
    today_usd: JsonDecimal
    tuned_usd: JsonDecimal
    tuned_low_usd: JsonDecimal
    tuned_high_usd: JsonDecimal


class Curve(BaseModel):
    """Total cost against volume; empty with the reason when a price is unknown."""

    model_config = ConfigDict(frozen=True)

    months: int
    points: tuple[Point, ...]
    crossing: int | None
    """Requests a day at which the lines meet; null when they never do."""
    stated: float | None
    """The volume that was asked about."""
    unknown: tuple[str, ...] = ()
    sentence: str


def curve(request: CostRequest, progress: Progress = silent) -> Curve:
    """The break-even as a curve.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the model is known and can no longer be tuned there.
    """
    return curve_of(start(request, progress))


def curve_of(w: Workings) -> Curve:
    """The curve of sums that are already worked out."""
    even, stated = w.even, w.request.requests_per_day
    asked = None if stated is None else float(stated)
    fixed, base, tuned = w.fixed, w.base, w.tuned
    reasons = [x.reason for x in (fixed, base, tuned) if isinstance(x, Unknown)]
    if reasons or not (isinstance(fixed, Range) and isinstance(base, Range) and isinstance(tuned, Range)):
        why = tuple(dict.fromkeys(reasons))
        return Curve(months=w.request.months, points=(), crossing=None, stated=asked, unknown=why, sentence=even.text)
    days = horizon_days(w.request.months)
    points = []
    for per_day in volumes(even.requests_per_day, stated):
        n = per_day * days
        total = fixed + tuned * n
        points.append(
            Point(
                requests_per_day=int(per_day),
                today_usd=cents(base.expected * n),
                tuned_usd=cents(total.expected),
                tuned_low_usd=cents(total.low),
                tuned_high_usd=cents(total.high),
            )
        )
    return Curve(
        months=w.request.months,
        points=tuple(points),
        crossing=even.requests_per_day,
        stated=asked,
        sentence=even.text,
    )


def volumes(crossing: int | None, stated: Decimal | None) -> list[Decimal]:
    """Volumes that show the crossing and the stated volume: 0, round steps up to twice the larger, and both of them."""
    known = [Decimal(x) for x in (crossing, stated) if x]
    top = 2 * max([*known, Decimal(100)])
    step = next((x for x in LADDER if x * 8 >= top), LADDER[-1])
    count = int((top / step).to_integral_value(rounding=ROUND_CEILING))
    marks = {step * i for i in range(min(count, 40) + 1)}
    marks |= {x.to_integral_value(rounding=ROUND_CEILING) for x in known}
    return sorted(marks)
