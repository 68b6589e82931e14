"""What goes into a ladder and what comes out."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, computed_field

from tools.endpoint import Endpoint
from tools.evals.graders import Grader
from tools.evals.guardrail import GENERAL, Guarded
from tools.evals.metric.records import MetricRef
from tools.ladder.say import Line, together

ArmName = Literal[
    "majority",
    "nearest_neighbour",
    "linear",
    "plain",
    "better_prompt",
    "constrained",
    "few_shot",
    "shuffled_labels",
    "retrieval",
    "chain",
    "tuned",
]
ARMS: tuple[ArmName, ...] = get_args(ArmName)
"""Every rung, the cheapest first."""
CONTROLS: tuple[ArmName, ...] = ("majority", "nearest_neighbour", "linear", "shuffled_labels")
WITHOUT_MODEL: tuple[ArmName, ...] = ("majority", "nearest_neighbour", "linear")

LadderVerdict = Literal[
    "tuning_helps",
    "prompt_is_enough",
    "no_language_model_needed",
    "tuning_not_measured",
    "insufficient_evidence",
]


class LadderRequest(BaseModel):
    """What to measure, with what, and for how much."""

    model_config = ConfigDict(frozen=True)

    train: Path
    held_out: Path
    endpoint: Endpoint
    """The base model."""
    tuned: Endpoint | None = None
    """The fine-tuned model; None: that rung is not measured. A ladder never starts a training job."""
    grader: Grader | None = None
    """None: the one that the training targets suggest."""
    metric: MetricRef | None = None
    """The metric that a person accepted and whose grader this is; kept with every eval that asks a model."""
    name: str | None = None
    """Evals are stored as NAME/ARM; None: the held-out file's name and the model's, with a number where taken."""
    numbered: bool = False
    """Whether the name given may get a number as well."""
    arms: tuple[ArmName, ...] | None = None
    """None: all that make sense for the data."""
    instructions: str | None = None
    """What the better prompt adds; None: made from the kind of target."""
    chain: tuple[str, ...] | None = Field(default=None, min_length=2)
    """The prompts of the chain: instructions, then what is said after each draft; None: by the kind of target."""
    documents: tuple[Path, ...] = ()
    """Where answers come from: retrieval then brings passages of these; empty: the nearest training examples."""
    k: int | None = Field(default=None, ge=1, le=100)
    """Few-shot examples; None: one a label, at least 5 and at most 10."""
    nearest: int = Field(default=5, ge=1, le=100)
    """Training examples that retrieval brings, or at most so many passages of documents (three)."""
    seed: int = 0
    limit: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    parallel: int | None = Field(default=None, ge=1, le=64)
    usd_per_million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    usd_per_million_completion_tokens: Decimal | None = Field(default=None, ge=0)
    tuned_usd_per_million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    tuned_usd_per_million_completion_tokens: Decimal | None = Field(default=None, ge=0)
    """Prices of the tuned model; None: those of the base model."""
    budget_usd: Decimal | None = Field(default=None, ge=0)
    """The most it may cost: a rung that could cost more than is left of it is not begun. Without prices nothing can be
    promised, so `unpriced` must be set."""
    unpriced: bool = False
    """Measure although prices are unknown."""
    target_score: float | None = Field(default=None, ge=0, le=1)
    guardrails: tuple[str, ...] = (GENERAL,)
    """What must not get worse where a tuned model is measured: `general`, or files of probes; empty: nothing."""


class Planned(BaseModel):
    """What would be asked for."""

    requests: int
    """Completions still to be asked for."""
    known: int
    """Completions measured before."""
    prompt_tokens: int = 0
    """At most: a token is at least one byte."""
    completion_tokens: int = 0
    """At most: every completion as long as allowed."""
    worst_case_usd: Decimal | None
    """What so many tokens cost. None: no prices."""
    why_not: Line | None = Field(default=None, exclude=True)
    """Why this rung cannot be measured; None: it can."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def skipped(self) -> str:
        """The same in English; empty: it can be measured."""
        return self.why_not.text() if self.why_not else ""


class PlannedArm(Planned):
    """One rung as it would be measured."""

    name: ArmName


class PlannedGuardrail(Planned):
    """One guardrail set as it would be measured, before and after tuning."""

    name: str


class LadderPlan(BaseModel):
    """What a ladder would do, before it does it."""

    arms: list[PlannedArm]
    guardrails: list[PlannedGuardrail] = []
    """What must not get worse, where a tuned model is measured."""
    samples: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    """Both at most."""
    worst_case_usd: Decimal | None
    grader: str
    why_grader: str
    leaked: int
    """Training examples that ask what a held-out sample asks; no rung but the tuned one could use them."""
    leaked_passages: int = 0
    """Passages of the documents that hold a held-out question; retrieval leaves them out."""


class Arm(BaseModel):
    """One rung, measured or not."""

    name: ArmName
    kind: Literal["arm", "control"]
    eval: str | None = None
    """Name of its eval; None: not measured."""
    n: int = 0
    score: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    cost_usd: Decimal | None = None
    """Of all n completions; None: unknown."""
    answered: int = Field(default=0, exclude=True)
    """Completions that the endpoint gave, empty ones with them."""
    empty: int = Field(default=0, exclude=True)
    asked: int = Field(default=0, exclude=True)
    """Completions asked for now, not measured before."""
    usd_per_1000_requests: Decimal | None = None
    latency_ms: float | None = None
    """Median."""
    wall_seconds: float | None = None
    against_plain: dict[str, Any] | None = None
    """difference, ci_low, ci_high, p_value, verdict against the plain prompt."""
    remarks: list[Line] = Field(default_factory=list, exclude=True)
    """What has to be known about this number, or why there is none."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def note(self) -> str:
        """The remarks in English."""
        return together(self.remarks)


class LadderResult(BaseModel):
    """The whole ladder."""

    arms: list[Arm]
    verdict: LadderVerdict
    because: Line = Field(exclude=True)
    best_without_tuning: ArmName | None
    gap_closed: float | None
    """Share of the way from the plain prompt to the tuned model that the best arm without tuning covers."""
    gap_closed_low: float | None = None
    gap_closed_high: float | None = None
    """Its 95 % interval, by resampling samples; None: unknown."""
    grader: str
    metric: str
    n: int
    train_examples: int
    leaked: int
    leaked_passages: int = 0
    guardrails: list[Guarded] = []
    """What tuning did to everything else."""
    facts: dict[str, Any]
    """What the rules of the recommendation may take from this measurement, by the names of the facts."""
    minded: list[Line] = Field(default_factory=list, exclude=True)
    """What to be careful about."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reason(self) -> str:
        """Why this verdict, in English."""
        return self.because.text()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def warnings(self) -> list[str]:
        """What to be careful about, in English."""
        return [found.text() for found in self.minded]
