"""What the rules may know beside the line they look at."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from knowledge.backends import Backend
from tools.dataset.formats.base import Format
from tools.dataset.jsonline import Problem
from tools.dataset.records import Technique
from tools.dataset.source import RawLine, Source


@dataclass
class Context:
    """The file's nature and what it is for."""

    source: Source
    format: Format | None = None
    technique: Technique | None = None
    provider: str | None = None
    backend: Backend | None = None
    model: str | None = None
    limit: int | None = None
    """Tokens per example of the backend and model asked for."""
    grader: dict[str, Any] | None = None
    response_schema: dict[str, Any] | None = None
    others: dict[str, int] = field(default_factory=dict)
    """Other formats seen in the sample."""


class Line:
    """One raw line and what reading it gave."""

    __slots__ = ("number", "ok", "problems", "raw", "value")

    def __init__(self, number: int, raw: RawLine) -> None:
        self.number, self.raw = number, raw
        self.problems: list[Problem] = []
        self.value: Any = None
        self.ok = False

    def problems_of(self, kind: str) -> list[Problem]:
        """The reader's problems of one kind."""
        return [p for p in self.problems if p.kind == kind]


@cache
def threshold(name: str) -> float:
    """A number that a rule compares with: `dataset.NAME` of knowledge/thresholds/."""
    from knowledge.load import read
    from knowledge.thresholds import Threshold

    return read("thresholds/dataset.yaml", dict[str, Threshold])[f"dataset.{name}"].value
