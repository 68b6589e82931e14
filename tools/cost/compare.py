"""Tuning side by side with what could be done instead, over one and three years. On cost alone: quality is measured."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from tools.cost.book import Book, number, plain
from tools.cost.inference import monthly
from tools.cost.money import Amount, Spread, Unknown, total_spread
from tools.cost.request import CostRequest
from tools.cost.result import Assumption, PriceUsed
from tools.cost.ways import Key, Way, tuned, untuned
from tools.cost.workings import Workings, start, times, work_out
from tools.progress import Progress, silent


class Horizon(BaseModel):
    """One way over one horizon."""

    model_config = ConfigDict(frozen=True)

    months: int
    total_usd: Spread
    capital_usd: Spread
    operating_usd: Spread


class Arm(BaseModel):
    """One way of doing it."""

    model_config = ConfigDict(frozen=True)

    key: Key
    title: str
    per_1000_requests_usd: Spread
    horizons: tuple[Horizon, ...]
    ends: date | None = None
    """The day its base retires, where one is published."""
    note: str = ""


class Comparison(BaseModel):
    """All ways side by side."""

    model_config = ConfigDict(frozen=True)

    requests_per_day: float | None
    arms: tuple[Arm, ...]
    cheapest: dict[int, Key | None]
    """For each horizon the cheapest known total, expected case; null when none is known."""
    unknown: dict[int, tuple[Key, ...]]
    """Arms whose total is not known and which might be cheaper."""
    sentence: str
    prices: tuple[PriceUsed, ...]
    assumptions: tuple[Assumption, ...]


def compare(request: CostRequest, progress: Progress = silent) -> Comparison:
    """Price every way at the request's volume, over 12 and 36 months.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the model is known and can no longer be tuned there.
    """
    return compare_of(start(request, progress))


def compare_of(w: Workings) -> Comparison:
    """The comparison of sums that are already worked out."""
    request = w.request
    horizons = (int(number("horizon_months")), int(number("long_horizon_months")))
    book = w.book
    arms = [_arm(way, request, horizons) for way in untuned(w, book)]
    arms += [_tuned_arm(key, title, made, horizons) for key, title, made in tuned(w)]
    cheapest: dict[int, Key | None] = {}
    unknown: dict[int, tuple[Key, ...]] = {}
    for i, months in enumerate(horizons):
        known = [
            (a.horizons[i].total_usd.expected, n, a.key) for n, a in enumerate(arms) if a.horizons[i].total_usd.known
        ]
        cheapest[months] = min(known)[2] if known else None
        unknown[months] = tuple(a.key for a in arms if not a.horizons[i].total_usd.known)
    return Comparison(
        requests_per_day=None if request.requests_per_day is None else float(request.requests_per_day),
        arms=tuple(arms),
        cheapest=cheapest,
        unknown=unknown,
        sentence=_sentence(arms, cheapest, unknown, horizons, request),
        prices=tuple(book.prices),
        assumptions=tuple(book.assumptions),
    )


def _tuned_arm(key: Key, title: str, w: Workings, horizons: tuple[int, ...]) -> Arm:
    asked = [w.request.model_copy(update={"months": m}) for m in horizons]
    made = [work_out(r, w.offer, w.volume, w.today, Book(r.assumed)) for r in asked]
    return Arm(
        key=key,
        title=title,
        per_1000_requests_usd=_thousand(w.tuned),
        horizons=tuple(
            Horizon(
                months=m,
                total_usd=total_spread(x.amount for x in one.lines),
                capital_usd=total_spread(x.amount for x in one.lines if x.spending == "capital"),
                operating_usd=total_spread(x.amount for x in one.lines if x.spending == "operating"),
            )
            for m, one in zip(horizons, made, strict=True)
        ),
        ends=w.offer.model.inference_ends,
        note=_tuned_note(key, w),
    )


def _tuned_note(key: Key, w: Workings) -> str:
    if key == "tuned_short" and w.volume.shared_tokens is not None:
        tokens = plain(w.volume.shared_tokens.expected.quantize(Decimal(1)))
        return f"{tokens} tokens that stand in nearly every example, left out: measure that it still does as well"
    return "a far smaller base: measure whether it is good enough" if w.offer.provider.id == "local" else ""


def _arm(way: Way, request: CostRequest, horizons: tuple[int, ...]) -> Arm:
    month = monthly(way.unit, request.requests_per_day)

    def horizon(months: int) -> Horizon:
        running = [times(month, months), times(way.month, months)]
        return Horizon(
            months=months,
            total_usd=total_spread([way.once, *running]),
            capital_usd=total_spread([way.once]),
            operating_usd=total_spread(running),
        )

    return Arm(
        key=way.key,
        title=way.title,
        per_1000_requests_usd=_thousand(way.unit),
        horizons=tuple(horizon(m) for m in horizons),
        ends=way.ends,
        note=way.note,
    )


def _thousand(unit: Amount) -> Spread:
    return total_spread([unit if isinstance(unit, Unknown) else unit * 1000])


def _sentence(
    arms: list[Arm],
    cheapest: dict[int, Key | None],
    unknown: dict[int, tuple[Key, ...]],
    horizons: tuple[int, ...],
    request: CostRequest,
) -> str:
    if request.requests_per_day is None:
        return "Say how many requests a day there are, and the ways can be put side by side."
    parts = []
    for months in horizons:
        arm = next((a for a in arms if a.key == cheapest[months]), None)
        parts.append(f"over {months} months {arm.title}" if arm else f"over {months} months nothing can be said")
    text = f"Cheapest at {plain(request.requests_per_day)} requests a day: {', '.join(parts)}."
    if any(unknown.values()):
        text += " Some ways have no published price and are left out of that."
    return text + " This is cost alone; whether a way is good enough is measured, not priced."
