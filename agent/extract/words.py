"""The small words of a language as data: how it asks, negates, supposes, reports, counts and gives orders."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parent / "patterns"
LANGUAGES = ("en", "de", "es", "fr", "zh")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """One pattern file. A fault in it is ours and raises."""
    with path.open(encoding="utf-8") as f:
        return yaml.load(f, _Loader)  # noqa: S506 -- a SafeLoader


class _WordsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    clause: str
    question: str
    statement: str
    asked_by_end: str | None = None
    supposed: str
    reported: str
    imagined: str
    denied: str
    orders: str | None = None
    definition: str | None = None
    negation_before: str
    negation_inside: str
    negation_after: str | None = None
    multipliers: dict[str, float]
    numbers: dict[str, float]
    shares: dict[str, float]
    joins: str
    between: str
    of: str
    percent: str
    percent_before: str | None = None
    thousands: str
    decimal: str
    periods: dict[str, float]
    durations: dict[str, float]
    macros: dict[str, str]
    yes: str
    no: str
    unknown: str
    nothing: str


class Words:
    """Compiled small words of one language."""

    def __init__(self, language: str, data: _WordsFile) -> None:
        def compiled(pattern: str) -> re.Pattern[str]:
            return re.compile(pattern, re.I | re.X)

        self.language = language
        self.data = data
        self.clause = compiled(data.clause)
        self.question = compiled(data.question)
        self.statement = compiled(data.statement)
        self.asked_by_end = compiled(data.asked_by_end) if data.asked_by_end else None
        self.supposed = compiled(data.supposed)
        self.reported = compiled(data.reported)
        self.imagined = compiled(data.imagined)
        self.denied = compiled(data.denied)
        in_passing: list[str] = read_yaml(ROOT / "in_passing.yaml")[language]
        self.in_passing = tuple(re.compile(pattern) for pattern in in_passing)
        self.orders = compiled(data.orders) if data.orders else None
        self.definition = compiled(data.definition) if data.definition else None
        self.negation_before = compiled(data.negation_before)
        self.negation_inside = compiled(data.negation_inside)
        self.negation_after = compiled(data.negation_after) if data.negation_after else None
        self.yes = compiled(data.yes)
        self.no = compiled(data.no)
        self.unknown = compiled(data.unknown)
        self.nothing = compiled(data.nothing)


@cache
def words(language: str) -> Words:
    """The small words of a language."""
    return Words(language, _WordsFile.model_validate(read_yaml(ROOT / language / "_words.yaml")))
