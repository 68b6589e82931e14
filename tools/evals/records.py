"""What an eval is made of: samples, and the eval that scored them."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tools.errors import InputError


class Sample(NamedTuple):
    """One scored sample, a row of the store. None is unknown everywhere; a score of None is "not scored", never 0."""

    sample_id: str
    category: str | None = None
    cluster: str | None = None
    """What samples that are not independent have in common (one document, one user)."""
    input: str | None = None
    target: str | None = None
    completion: str | None = None
    score: float | None = None
    correct: bool | None = None
    latency_ms: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    details: str | None = None
    """JSON: what the grader saw beside the score."""


class NewEval(BaseModel):
    """What is known about an eval before its samples are written."""

    model_config = ConfigDict(frozen=True)

    name: str
    origin: str
    """`run`, `prefer`, or `import:FORMAT`."""
    source: str
    """File or endpoint."""
    model: str | None = None
    prompt: str | None = None
    prompt_digest: str | None = None
    dataset: str | None = None
    dataset_digest: str | None = None
    grader: str | None = None
    grader_version: int | None = None
    grader_spec: str | None = None
    seed: int | None = None
    cost_usd: Decimal | None = None
    wall_seconds: float | None = None
    metric: str | None = None
    """The metric a person accepted for the task, with its version and the digest of what it says."""
    metric_version: int | None = None
    metric_digest: str | None = None


class EvalRun(NewEval):
    """An eval as the store has it, with its summary."""

    eval_id: int
    content_digest: str
    created_at: datetime
    n: int
    """Samples written."""
    scored: int
    """Samples that have a score."""
    clusters: int | None = None
    """Independent groups among them, where some share a cluster; None: each stands for itself."""
    score: float | None = None
    """Mean score (for pass/fail graders: accuracy); None when nothing was scored."""
    ci_low: float | None = None
    ci_high: float | None = None
    """95 % interval of `score`; None when n is too small to give one."""
    interval_method: str | None = None
    pass_fail: bool = False
    """Whether every score is 0 or 1."""
    latency_ms_p50: float | None = None
    latency_ms_p95: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    new: bool = Field(default=True, exclude=True)
    """False when an import found the same content already stored."""


def checked_name(name: str, *, where: str = "name") -> str:
    """A name a person may give an eval: printable, 1 to 200 characters, no blanks at its ends.

    Raises:
        InputError: it is not.
    """
    if not name.strip() or name != name.strip() or len(name) > 200 or not name.isprintable():
        raise InputError(
            f"{name[:40]!r} cannot name an eval",
            where=where,
            remedy="Use 1 to 200 printable characters, such as tickets/base.",
        )
    return name
