"""After a job: estimated against billed. The estimator's own past error is shown beside its next estimate."""

import json
import os
from datetime import date
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools import workspace
from tools.cost.money import JsonDecimal


class Reconciled(BaseModel):
    """One finished job: what was expected and what was billed."""

    model_config = ConfigDict(frozen=True)

    job_id: str = Field(min_length=1)
    provider: str
    model: str
    technique: str
    estimated_tokens: int | None = Field(default=None, ge=0)
    """Training tokens forecast, all epochs."""
    billed_tokens: int | None = Field(default=None, ge=0)
    """As the provider reports them (`trained_tokens`)."""
    estimated_usd: JsonDecimal | None = None
    estimated_high_usd: JsonDecimal | None = None
    billed_usd: JsonDecimal | None = None
    """From the bill; None until somebody gives it."""
    recorded_on: date


class PastError(BaseModel):
    """How far earlier estimates were off: billed over estimated."""

    model_config = ConfigDict(frozen=True)

    n: int
    tokens_ratio: float | None
    """Median over jobs that have both counts; None when there is none."""
    tokens_n: int
    usd_ratio: float | None
    usd_n: int
    above_high: int
    """Jobs billed above the high end of their estimate."""
    text: str


def path() -> Path:
    """Where reconciled jobs are kept, one JSON object a line."""
    return workspace.home() / "cost" / "reconciled.jsonl"


def record(job: Reconciled) -> None:
    """Keep one job; recorded again, the later record counts (when a bill arrives)."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = (json.dumps(job.model_dump(mode="json")) + "\n").encode()
    if file.exists() and file.stat().st_size and not file.read_bytes().endswith(b"\n"):
        line = b"\n" + line  # a crash cut the last line short: keep ours apart from it
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def reconciled() -> tuple[Reconciled, ...]:
    """All jobs, the latest record of each; a line cut short by a crash is passed over."""
    try:
        lines = path().read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    found: dict[str, Reconciled] = {}
    for line in lines:
        try:
            job = Reconciled.model_validate_json(line)
        except ValidationError:
            continue
        found[job.job_id] = job
    return tuple(found.values())


def past_error(provider: str | None = None) -> PastError:
    """The estimator's error on reconciled jobs, of one provider or all."""
    jobs = [j for j in reconciled() if provider in (None, j.provider)]
    tokens = [j.billed_tokens / j.estimated_tokens for j in jobs if j.estimated_tokens and j.billed_tokens is not None]
    usd = [float(j.billed_usd / j.estimated_usd) for j in jobs if j.estimated_usd and j.billed_usd is not None]
    above = sum(
        j.billed_usd is not None and j.estimated_high_usd is not None and j.billed_usd > j.estimated_high_usd
        for j in jobs
    )
    return PastError(
        n=len(jobs),
        tokens_ratio=round(median(tokens), 4) if tokens else None,
        tokens_n=len(tokens),
        usd_ratio=round(median(usd), 4) if usd else None,
        usd_n=len(usd),
        above_high=above,
        text=_words(len(jobs), tokens, usd, above),
    )


def _words(n: int, tokens: list[float], usd: list[float], above: int) -> str:
    if not n:
        return "No finished job has been compared with its estimate yet."
    parts = []
    if tokens:
        parts.append(f"billed tokens were {median(tokens):.1%} of the forecast (median of {len(tokens)})")
    if usd:
        parts.append(f"billed money was {median(usd):.1%} of the estimate (median of {len(usd)})")
    text = f"{n} finished {'job' if n == 1 else 'jobs'}: {', '.join(parts) or 'no bill yet'}."
    return text + (f" {above} above the high end." if above else "")
