"""Intervals, paired tests and power. docs/decisions/0009-statistics.md says why these and not others."""

from typing import NamedTuple

from pydantic.dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An interval with the method that made it; low and high None where n is too small to say anything."""

    low: float | None
    high: float | None
    method: str


class PairedResult(NamedTuple):
    """A difference (candidate minus baseline) with its interval and test; None is unknown."""

    difference: float | None
    interval: Interval
    p_value: float | None
    test: str
    changed: int
    """Independent units whose score differs between the two."""


UNKNOWN = Interval(None, None, "unknown: too few samples")
