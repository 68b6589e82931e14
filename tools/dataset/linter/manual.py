"""A rule's manual page: what it is about, why it hurts, bad and good, what to do, and the cases that prove it."""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

RULES = Path(__file__).parent / "rules"


class Case(BaseModel):
    """A small file on which the rule must find something, or nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    lines: list[str] | None = None
    """Lines of the file, as text."""
    hex: str | None = None
    """The file's bytes, where text cannot say them."""
    pad: int = 60
    """How many sound examples are put before the lines, so that the set is not too small; 0 for none."""
    validation: list[str] | None = None
    """Lines of a validation file."""
    held_out: list[str] | None = None
    grader: dict[str, Any] | None = None
    response_schema: dict[str, Any] | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    """Fields of the request: provider, model, technique."""
    found_on: list[int | None] | None = None
    """Which of `lines` (from 1; null for the whole file) the rule must name; None or empty: it must find nothing."""
    fixed: list[str] | None = None
    """What `lines` become with --fix; only for rules with a fix."""


class Manual(BaseModel):
    """The page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    what: str
    why: str
    """Why it hurts training."""
    bad: str
    good: str
    remedy: str
    source: str
    """A key of knowledge/sources/."""
    cases: list[Case]


@cache
def _paths() -> dict[str, Path]:
    return {p.name.split("_", 1)[0].upper(): p for p in RULES.glob("ft*.yaml")}


@cache
def manual(rule_id: str) -> Manual:
    """The page of a rule. KeyError when there is none."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with _paths()[rule_id].open(encoding="utf-8") as f:
        return Manual.model_validate(yaml.load(f, loader))  # noqa: S506 -- a SafeLoader
