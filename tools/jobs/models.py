"""What a plan, an approval and a job are. The fields of `Envelope` are what a person approves."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.canonical import canonical

Technique = Literal["sft", "dpo", "rft"]
METHODS: dict[Technique, str] = {"sft": "supervised", "dpo": "dpo", "rft": "reinforcement"}
Origin = Literal["given", "provider default", "from data size", "our measured recipe"]
State = Literal["RESERVED", "INTENT", "SENDING", "CONFIRMED", "REFUSED", "UNKNOWN", "NOT_CREATED", "NEEDS_HUMAN"]
"""Where a launch stands. Only CONFIRMED has a job at the provider for certain; UNKNOWN and NEEDS_HUMAN may have one."""
TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
"""Job statuses that never change again."""
GONE = "gone"
"""Contact was lost, and a person who looked at the provider says that the job is gone."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanRequest(_Record):
    """What to plan. Everything but the training file has a default that is explained in the plan."""

    training_file: Path
    validation_file: Path | None = None
    technique: Technique = "sft"
    backend: str = "local"
    base_model: str | None = None
    """None: the backend's own default base."""
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    """Values given by the person; the rest is chosen and its origin said."""
    suffix: str | None = Field(default=None, max_length=40, pattern=r"^[A-Za-z0-9_-]*$")
    seed: int = Field(default=0, ge=0, lt=2**31)
    tier: str | None = None
    """Azure: standard, globalStandard or developerTier; Together: lora or full; Hugging Face: the machine."""
    grader: dict[str, Any] | None = None
    """RFT only."""
    horizon_months: int | None = Field(default=None, ge=0)
    """How long the tuned model is to be used; a base that retires earlier blocks the plan."""
    repeat: int = Field(default=0, ge=0)
    """0 the first time; a higher number makes an otherwise identical plan a new one, launched again on purpose."""
    training_name: str | None = None
    """What to call the training file; None: its own name."""
    validation_name: str | None = None
    owner: str = "local"


class DataFile(_Record):
    """A file as it will be sent: found again by its digest, never by its name."""

    sha256: str
    bytes: int
    rows: int
    tokens: int | None
    """Tokens of all rows once, by the backend's tokenizer; None when it is not known."""


class Envelope(_Record):
    """Exactly what is approved. Changing any field changes the digest, and then the approval is for something else."""

    form: Literal[1] = 1
    owner: str
    backend: str
    account: str
    base_model: str
    technique: Technique
    method: str
    hyperparameters: dict[str, Any]
    grader: dict[str, Any] | None
    seed: int
    suffix: str | None
    tier: str | None
    training: DataFile
    validation: DataFile | None
    price_table: str
    """Version of the price table, or "local"."""
    worst_case_usd: Decimal | None
    """None: unknown, which is never 0."""
    blockers: tuple[str, ...]
    stop_rules: tuple[str, ...]
    repeat: int

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()


class Hyperparameter(_Record):
    """One hyperparameter, and why it has this value."""

    name: str
    value: Any
    origin: Origin
    rule: str


class Blocker(_Record):
    """Why a plan cannot be launched as it is."""

    code: str
    message: str
    overridable: bool
    """A person may take the responsibility in writing when approving."""


class StopRule(_Record):
    """What ends a job before its time."""

    code: str
    rule: str


class Plan(_Record):
    """A job as proposed: what is approved (`envelope`) and what explains it. A change is a new plan."""

    id: str
    status: Literal["proposed"] = "proposed"
    plan_digest: str
    owner: str
    created_at: datetime
    envelope: Envelope
    training_name: str
    validation_name: str | None
    hyperparameters: tuple[Hyperparameter, ...]
    expected_usd: Decimal | None
    price_notes: tuple[str, ...]
    """What the price rests on: unit price, source, date."""
    minutes_low: float | None
    minutes_high: float | None
    time_note: str
    retires_on: date | None
    lifetime: str
    """How long the tuned model will live, or that it is not known."""
    warnings: tuple[str, ...]
    blockers: tuple[Blocker, ...]
    measured_after: tuple[str, ...]
    stop_rules: tuple[StopRule, ...]

    @property
    def launchable(self) -> bool:
        """Whether nothing stands against it that a person cannot override."""
        return all(b.overridable for b in self.blockers)


class Approval(_Record):
    """One person's decision on one exact plan."""

    id: str
    owner: str
    plan_id: str
    plan_digest: str
    person: str
    decision: Literal["approved", "rejected"]
    ceiling_usd: Decimal
    created_at: datetime
    expires_at: datetime
    comment: str
    overrides: dict[str, str]
    """Blocker code -> the reason in the person's words."""
    used_by: str | None
    """The launch key it was used for; None while it is open."""


class JobEvent(_Record):
    """Something the provider or the launch said, stored once."""

    seq: int
    """Our cursor: later events have a higher one."""
    id: str
    at: datetime
    level: str
    type: str
    message: str
    data: dict[str, Any] | None


class Metric(_Record):
    """What was measured at one step. None means not measured at that step."""

    step: int
    train_loss: float | None = None
    valid_loss: float | None = None
    full_valid_loss: float | None = None
    train_mean_token_accuracy: float | None = None
    valid_mean_token_accuracy: float | None = None
    full_valid_mean_token_accuracy: float | None = None
    train_reward_mean: float | None = None
    valid_reward_mean: float | None = None


class Job(_Record):
    """A launch and what became of it."""

    id: str
    owner: str
    status: str
    """validating_files, queued, running, paused, succeeded, failed, cancelled, or a provider's new word as it is;
    before there is a job: launching, refused, not_created, unknown, needs_human; lost_contact: no longer found;
    gone: a person who looked there says so."""
    state: State
    plan_id: str
    plan_digest: str
    launch_key: str
    approval_id: str
    person: str
    backend: str
    base_model: str
    technique: Technique
    provider_job_id: str | None
    provider_status: str | None
    message: str
    attempt: int
    reserved_usd: Decimal
    spent_usd: Decimal | None
    """From the tokens trained so far and the plan's price; None when it is not known."""
    fine_tuned_model: str | None
    trained_tokens: int | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool
    step: int | None
    total_steps: int | None
    seconds_left_low: float | None
    seconds_left_high: float | None
    checkpoints: tuple[dict[str, Any], ...]
    error: dict[str, Any] | None
    result_file: str | None
    """The results CSV below the home folder, once there is one."""
    silent_since: datetime | None = None
    """While the provider cannot be asked: when it last answered. What stands here is from then."""
    contact_lost: bool = False
    """Not found, or not answered, so often in a row that a person may say what became of it."""

    @property
    def finished(self) -> bool:
        """Nothing more will happen by itself."""
        return self.status in (*TERMINAL, GONE) or self.state in ("REFUSED", "NOT_CREATED", "NEEDS_HUMAN")


class Notice(_Record):
    """A milestone that was told, once."""

    at: datetime
    code: str
    text: str
    problem: str
    """Why it could not be sent; empty when it was, or was not to be."""


class Deployment(_Record):
    """A deployment of the tuned model as a person recorded it: nobody has looked at the provider."""

    name: str
    since: datetime
    person: str
    usd_per_hour: Decimal | None
    """From the catalogue; None: no published price."""
    price_source: str
    price_checked_on: date | None


class JobReport(Job):
    """A job with all that is stored about it: what `jobs show --json` prints."""

    events: tuple[JobEvent, ...]
    metrics: tuple[Metric, ...]
    notices: tuple[Notice, ...] = ()
    deployment: Deployment | None = None
