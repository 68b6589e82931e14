"""Exact money: Decimal ranges, sums that refuse an unknown, and one place where cents are rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

CENT = Decimal("0.01")
FINE = Decimal("0.0001")
MILLION = Decimal(1_000_000)

# In JSON money is a number, as the command line's contract shows it. Inside it is always an exact Decimal; what is
# written has been rounded to cents first, and a float holds such a figure without visible error up to 10^13 USD.
JsonDecimal = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


@dataclass(frozen=True)
class Range:
    """Low, expected and high, exact and never negative."""

    low: Decimal
    expected: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.expected <= self.high:
            raise ValueError(f"not a range: {self.low} <= {self.expected} <= {self.high}")

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __mul__(self, other: "Range | Decimal | int") -> "Range":
        by = other if isinstance(other, Range) else exactly(other)
        return Range(self.low * by.low, self.expected * by.expected, self.high * by.high)

    def __truediv__(self, other: Decimal | int) -> "Range":
        return Range(self.low / other, self.expected / other, self.high / other)

    @property
    def exact(self) -> bool:
        """Whether there is no spread."""
        return self.low == self.high

    def at_least(self, floor: Decimal) -> "Range":
        """No value below `floor`."""
        return Range(max(self.low, floor), max(self.expected, floor), max(self.high, floor))


def exactly(value: Decimal | int) -> Range:
    """A range without spread."""
    v = Decimal(value)
    return Range(v, v, v)


ZERO = exactly(0)


def cents(value: Decimal) -> Decimal:
    """Round to cents; below one cent to a hundredth of a cent, so that a small sum is not shown as nothing."""
    step = CENT if abs(value) >= CENT or value == 0 else FINE
    return value.quantize(step, rounding=ROUND_HALF_UP)


class Spread(BaseModel):
    """A sum of money in USD as the JSON shows it. With an unknown part all three are null and the reasons are given."""

    model_config = ConfigDict(frozen=True)

    low: JsonDecimal | None
    expected: JsonDecimal | None
    high: JsonDecimal | None
    unknown: tuple[str, ...] = ()
    """Why there is no sum; empty when there is one."""
    at_least: JsonDecimal | None = None
    """With an unknown part: what the known parts come to at their lowest; null when nothing is known."""

    @property
    def known(self) -> bool:
        """Whether there is a sum."""
        return self.expected is not None


def spread(total: Range) -> Spread:
    """Round the three figures to cents; rounding keeps their order."""
    return Spread(low=cents(total.low), expected=cents(total.expected), high=cents(total.high))


@dataclass(frozen=True)
class Unknown:
    """No figure, and why (several reasons parted by "; "); `floor` is what is known to be charged at least."""

    reason: str
    floor: Decimal = Decimal(0)


Amount = Range | Unknown


def add_up(amounts: Iterable[Amount]) -> tuple[Range | None, Range, tuple[str, ...]]:
    """The sum (None when a part is unknown), the sum of the known parts, and why the others are unknown."""
    known = ZERO
    reasons: list[str] = []
    for amount in amounts:
        if isinstance(amount, Unknown):
            reasons += amount.reason.split("; ")
            known = known + exactly(amount.floor)
        else:
            known = known + amount
    return (None if reasons else known), known, tuple(dict.fromkeys(reasons))


def total_spread(amounts: Iterable[Amount]) -> Spread:
    """The sum for people and JSON: an unknown part makes it unknown, with the known part as "at least"."""
    total, known, reasons = add_up(amounts)
    if total is not None:
        return spread(total)
    floor = known.low.quantize(CENT, ROUND_FLOOR)
    return Spread(low=None, expected=None, high=None, unknown=reasons, at_least=floor or None)


def usd(value: Decimal) -> str:
    """For people: "$1,241.00", "$0.0042"."""
    rounded = cents(value)
    places = 2 if rounded == rounded.quantize(CENT) else 4
    return f"${rounded:,.{places}f}"


def in_words(amount: Amount) -> str:
    """For people: one sum, or a range, or why there is none."""
    if isinstance(amount, Unknown):
        return f"unknown ({amount.reason})"
    if cents(amount.low) == cents(amount.high):
        return usd(amount.expected)
    return f"{usd(amount.expected)} ({usd(amount.low)} to {usd(amount.high)})"
