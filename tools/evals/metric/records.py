"""What a metric says: what a good answer is, what scores it, the goal, the slices, and what must not get worse."""

import hashlib
import json
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator

from tools.evals.graders import Grader

GOOD_ANSWER = {
    "labels": "One of the {n_labels} labels, and nothing else.",
    "numbers": "The right number; the last number of the answer counts.",
    "json": "JSON of the right form, every field as in the target.",
    "prose": "A person has to say: three to five points that make an answer good.",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Goal(_Part):
    """What must be shown: one of three."""

    at_least: float | None = Field(default=None, ge=0, le=1)
    """A target: the whole interval of the candidate's score lies at or above it."""
    not_worse_than: float | None = Field(default=None, ge=0, le=1)
    """Not worse than the baseline by more than this, with the whole interval of the difference."""
    improved: bool = False
    """Better than the baseline: the verdict `improved`."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [self.at_least is not None, self.not_worse_than is not None, self.improved]
        if sum(given) != 1:
            raise ValueError("give one goal: at_least, not_worse_than or improved")
        return self

    def __str__(self) -> str:
        if self.at_least is not None:
            return f"a score of at least {self.at_least:g}, with its whole interval"
        if self.not_worse_than is not None:
            return f"not worse than the baseline by more than {self.not_worse_than:g}"
        return "better than the baseline"


class ProposedFrom(_Part):
    """The file a metric was proposed from."""

    file: str
    sha256: str
    rows: int
    targets: Literal["labels", "numbers", "json", "prose"]


class Metric(_Part):
    """A metric. Its digest is over what it says, not over its name, number or origin."""

    name: str
    version: int = 0
    """0: proposed, not accepted."""
    good_answer: str = Field(min_length=3)
    """What a good answer is, in a person's words."""
    grader: Grader | None
    """None in a proposal where no rule can judge: a person names a judge, or another grader."""
    report: tuple[Literal["accuracy", "macro_f1", "mean_score"], ...] = ("accuracy",)
    goal: Goal = Goal(improved=True)
    slices: tuple[str, ...] = ()
    """Fields of a row whose values divide the samples; empty: `category`, or the label."""
    guardrails: tuple[str, ...] = ("general",)
    """What must not get worse: `general` are the probes that come with the product, else a file of probes."""
    proposed_from: ProposedFrom | None = None

    @field_serializer("grader")
    def _short(self, grader: Any) -> Any:
        """Only what was set: a grader in a file shows what a person would change."""
        if grader is None:
            return None
        return {"type": grader.type, **json.loads(grader.spec())}

    @property
    def digest(self) -> str:
        """SHA-256 over what it says."""
        says = self.model_dump(mode="json", exclude={"name", "version", "proposed_from"})
        if self.grader is not None:
            says["grader_version"] = self.grader.version
        return hashlib.sha256(json.dumps(says, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def ref(self) -> "MetricRef":
        """What an eval carries of it."""
        return MetricRef(name=self.name, version=self.version, digest=self.digest, slices=self.slices)


class MetricRef(_Part):
    """A metric as an eval carries it."""

    name: str
    version: int
    digest: str
    slices: tuple[str, ...] = ()
