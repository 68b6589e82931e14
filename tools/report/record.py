"""What the page says, before any layout. Everything on it comes from here, so that the three forms cannot differ."""

import hashlib
import json
import re
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.canonical import canonical
from tools.cost.money import JsonDecimal, Spread

Tick = Literal["yes", "no", "unknown"]
_FOLDER = re.compile(r"[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\]")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Known(_Part):
    """One fact: what is known, and from where."""

    label: str
    value: str
    origin: str
    """In words: said, answered, or what measured it."""


class Measured(_Part):
    """One evaluation on held-out rows."""

    key: str
    """Which way of doing it was measured: nothing, few_shot, tuned_here ... ; empty when none of them."""
    name: str
    metric: str
    score: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    model: str
    dataset_sha256: str
    measured_on: date


class Compared(_Part):
    """Two evaluations, paired by row."""

    baseline: str
    candidate: str
    n: int
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    verdict: str
    got_worse: int | None


class Option(_Part):
    """One way of doing it; doing nothing is always among them."""

    key: str
    title: str
    recommended: bool
    score: Measured | None
    """None: not measured."""
    months_12: Spread | None
    months_36: Spread | None
    per_1000: Spread | None
    """USD for a thousand requests; None when it was not priced."""
    ends: date | None
    """The day its base model retires."""
    note: str


class Money(_Part):
    """What the recommended or the nearest paid way costs."""

    where: str
    assumed: bool
    """Nobody named this provider: it is priced as an example."""
    sentence: str
    total: Spread
    training: Spread
    months: int
    lines: tuple[tuple[str, str, str], ...]
    """Part, sum, arithmetic."""
    drivers: tuple[str, ...]
    break_even: str
    lifetime: str
    worst_case_usd: JsonDecimal | None
    """What the plan can cost at most; None without a plan or when that is not known."""
    chart: tuple[tuple[int, float, float, float, float], ...]
    """requests a day; USD over the horizon: today, tuned, tuned low, tuned high."""
    crossing: int | None
    stated: float | None
    """Requests a day as said."""
    prices: tuple[tuple[str, str, str, date], ...]
    """What, price, source, day it was checked."""


class Risk(_Part):
    """What can go wrong, and what stands against it."""

    text: str
    source: str


class Right(_Part):
    """One question about the data that somebody must be able to answer."""

    question: str
    state: Tick
    basis: str
    """What the answer rests on, or who has to find out."""


class Condition(_Part):
    """What the page rests on; when it changes, the page no longer holds."""

    kind: Literal["prices", "base", "data", "review"]
    what: str
    value: str
    """Digest or date that was true when the page was made."""


class DecisionRecord(_Part):
    """One page. `digest` names exactly what was seen."""

    form: Literal[1] = 1
    case_id: str
    language: str
    title: str
    subject: str
    """What it is about without anybody's own words."""
    made_at: datetime
    owner: str
    status: Literal["ask", "recommend", "out_of_scope"]
    decision: str | None
    technique: str | None
    adapter: str | None
    verdict: str
    plain: str
    confidence: Literal["high", "medium", "low"]
    confidence_text: str
    first_steps: tuple[str, ...]
    problem: tuple[Known, ...]
    options: tuple[Option, ...]
    measured: tuple[Measured, ...]
    compared: tuple[Compared, ...]
    money: Money | None
    money_unknown: str = ""
    """Why nothing is priced, when nothing is."""
    risks: tuple[Risk, ...]
    rights: tuple[Right, ...]
    flips: tuple[str, ...]
    unknowns: tuple[str, ...]
    asked: str
    stop_when: tuple[str, ...]
    conditions: tuple[Condition, ...]
    reasons: tuple[tuple[str, str, str], ...]
    """Text, rule, source."""
    passed_over: tuple[tuple[str, str], ...]
    facts: tuple[Known, ...]
    data: tuple[tuple[str, str], ...]
    """What was found in the data and how it was divided: label, value."""
    plan: tuple[tuple[str, str], ...]
    plan_digest: str
    """Of the plan the page asks to spend on; empty without one."""
    jobs: tuple[tuple[str, str, str], ...]
    """Job, status, when."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything on the page but the moment it was made: the same content is the same page."""
        return hashlib.sha256(canonical(self.model_dump(mode="json", exclude={"made_at"})).encode()).hexdigest()

    def redacted(self) -> "DecisionRecord":
        """For somebody who was sent a link: nobody's own words, no names of files or folders, no ids of jobs."""
        shown = self.model_copy(
            update={
                "title": self.subject,
                "owner": "",
                "problem": tuple(k.model_copy(update={"origin": ""}) for k in self.problem),
                "facts": tuple(k.model_copy(update={"origin": k.origin.split(":")[0]}) for k in self.facts),
                "data": (),
                "jobs": (),
            }
        )
        text = shown.model_dump_json()
        for folder in sorted(self._folders(), key=len, reverse=True):
            text = text.replace(json.dumps(folder, ensure_ascii=False)[1:-1], "…")
        return DecisionRecord.model_validate_json(text)

    def _folders(self) -> set[str]:
        """Bases and models that are folders of somebody's computer; other sentences may repeat them."""
        named = [k.value for k in (*self.problem, *self.facts)] + [m.model for m in self.measured]
        named += [self.money.where if self.money else "", *(value for _, value in self.plan)]
        return {part for text in named for part in text.split(" · ") if _FOLDER.match(part)}
