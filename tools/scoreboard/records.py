"""What is kept of an advice and of a measurement."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Confidence = Literal["high", "medium", "low"]


class NewAdvice(BaseModel):
    """A recommendation as it was shown."""

    model_config = ConfigDict(frozen=True)

    case_id: str
    facts_digest: str
    """SHA-256 of the facts it rests on; the facts themselves stay in the case."""
    decision: str
    technique: str | None = None
    confidence: Confidence
    rule: str
    """The rule that concluded."""
    rules_digest: str
    """Version of the rules: SHA-256 over the files that decide."""


class Advice(NewAdvice):
    """An advice as kept."""

    id: str
    given_at: datetime


class NewOutcome(BaseModel):
    """What a measurement found that speaks for or against an advice."""

    model_config = ConfigDict(frozen=True)

    case_id: str
    source: str
    """What measured it: names of the evals."""
    findings: tuple[str, ...]
    """Names of knowledge/scoreboard.yaml; empty: measured, and nothing could be told."""
    n: int
    """Samples it rests on."""


class Outcome(NewOutcome):
    """A measurement as kept."""

    id: str
    measured_at: datetime
