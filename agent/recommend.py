"""The form of a recommendation: exactly the contract's JSON, with a few keys more."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.rules import Adapter, Confidence, Decision, Technique


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class Because(_Part):
    """One reason."""

    text: str
    facts: tuple[str, ...]
    """The facts it rests on."""
    rule: str
    """The rule that fired, by its id in knowledge/decision/rules.yaml."""
    source: str
    """The source behind the rule, as a person can read it."""
    source_key: str
    """The same, as a key of knowledge/sources/."""


class NotNow(_Part):
    """A rung that was passed over."""

    decision: Decision
    text: str
    rule: str
    source: str


class Outcome(_Part):
    """What a flip leads to."""

    decision: Decision
    technique: Technique | None


class Flip(_Part):
    """A change of facts that changes the recommendation; deciding again on the changed facts gives `then`."""

    if_: dict[str, Any] = Field(alias="if")
    """The facts as they would have to be; the others stay as they are."""
    then: Outcome


class Recommendation(_Part):
    """What to do now, why, and what would change it."""

    status: Literal["ask", "recommend", "out_of_scope"]
    decision: Decision | None
    """With status `ask` the leaning on what is known so far, or null."""
    technique: Technique | None
    adapter: Adapter | None
    confidence: Confidence
    because: tuple[Because, ...]
    not_now: tuple[NotNow, ...]
    next_steps: tuple[str, ...]
    flips: tuple[Flip, ...]
    missing: tuple[str, ...]
    """Facts that are unknown and could change the decision."""
    risks: tuple[str, ...]
    rule: str
    """The rule that concluded."""
    declined: tuple[str, ...] = ()
    """Facts that were needed and that the person could not or would not say; the recommendation goes on without."""
