"""After a job: estimated against billed. The estimator's own past error is shown beside its next estimate."""

import json
import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools import workspace
from tools.cost.money import JsonDecimal, cents
from tools.errors import InputError, NotFoundError


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
    usd_by_tokens: JsonDecimal | None = None
    """What the billed tokens come to at the plan's rate; None where the job was not charged by the token."""
    billed_usd: JsonDecimal | None = None
    """From the bill; None until somebody gives it."""
    status: str = "succeeded"
    """How the job ended: one cut short says nothing about the estimate of a whole one."""
    recorded_on: date

    @property
    def actual_usd(self) -> Decimal | None:
        """The bill, else what the billed tokens come to."""
        return self.usd_by_tokens if self.billed_usd is None else self.billed_usd


class Ratio(BaseModel):
    """Actual over estimated, over several jobs: 1.02 is two percent more than estimated."""

    model_config = ConfigDict(frozen=True)

    n: int
    low: float
    median: float
    high: float

    @property
    def text(self) -> str:
        """For people: "102.0% (median of 3, 100.0% to 130.0%)"."""
        if self.n == 1:
            return f"{self.median:.1%} (one job)"
        return f"{self.median:.1%} (median of {self.n}, {self.low:.1%} to {self.high:.1%})"


class PastError(BaseModel):
    """How far earlier estimates were off: actual over estimated, on jobs that ran to their end."""

    model_config = ConfigDict(frozen=True)

    n: int
    tokens: Ratio | None
    """None when no job has both counts."""
    usd: Ratio | None
    billed_n: int
    """Jobs whose bill was given; the others' money is that of their billed tokens."""
    above_high: int
    """Jobs that cost more than the high end of their estimate."""
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


def forecast(tokens: int | None, rows: int, n_epochs: object) -> int | None:
    """Tokens a plan expects to be billed: an epoch's times the epochs, given or as the provider is taken to choose."""
    from tools.cost.training import auto_epochs

    if tokens is None:
        return None
    return tokens * (n_epochs if isinstance(n_epochs, int) else auto_epochs(rows))


def ended(
    *,
    job_id: str,
    provider: str,
    model: str,
    technique: str,
    status: str,
    forecast_tokens: int | None,
    trained_tokens: int | None,
    estimated_usd: Decimal | None,
    high_usd: Decimal | None,
    by_tokens: bool,
    on: date,
) -> Reconciled:
    """Keep a job that has just ended. Said twice it is kept once; a bill that was given in between stays.

    Args:
        job_id: ours.
        provider: where it ran.
        model: the base.
        technique: sft, dpo or rft.
        status: how it ended.
        forecast_tokens: all epochs; None when they could not be counted.
        trained_tokens: as the provider reports them.
        estimated_usd: of the plan, expected.
        high_usd: of the plan, at most.
        by_tokens: whether it was charged by the token, so that the tokens give the money.
        on: the day it ended.

    Raises:
        OSError: it cannot be kept.
    """
    by = None
    if by_tokens and estimated_usd is not None and forecast_tokens and trained_tokens is not None:
        by = cents(estimated_usd * trained_tokens / forecast_tokens)
    before = next((j for j in reconciled() if j.job_id == job_id), None)
    job = Reconciled(
        job_id=job_id,
        provider=provider,
        model=model,
        technique=technique,
        estimated_tokens=forecast_tokens,
        billed_tokens=trained_tokens,
        estimated_usd=estimated_usd,
        estimated_high_usd=high_usd,
        usd_by_tokens=by,
        billed_usd=before.billed_usd if before else None,
        status=status,
        recorded_on=before.recorded_on if before else on,
    )
    if job != before:
        record(job)
    return job


def bill(job_id: str, usd: Decimal) -> Reconciled:
    """Note what the provider's bill says for a job that has ended.

    Raises:
        NotFoundError: no job of that id has ended here.
        InputError: the sum is negative or no number.
    """
    if not usd.is_finite() or usd < 0:
        raise InputError(f"{usd} is no sum of money", remedy="Give USD, such as 12.34.")
    job = next((j for j in reconciled() if j.job_id == job_id), None)
    if job is None:
        known = ", ".join(j.job_id for j in reconciled()[-5:]) or "none yet"
        raise NotFoundError(f"no job {job_id!r} has ended here", remedy=f"The latest that have: {known}.")
    paid = job.model_copy(update={"billed_usd": usd})
    record(paid)
    return paid


def past_error(provider: str | None = None) -> PastError:
    """The estimator's error on reconciled jobs, of one provider or all."""
    jobs = [j for j in reconciled() if provider in (None, j.provider) and j.status == "succeeded"]
    tokens = _ratio([(j.billed_tokens, j.estimated_tokens) for j in jobs])
    usd = _ratio([(j.actual_usd, j.estimated_usd) for j in jobs])
    above = sum(
        j.actual_usd is not None and j.estimated_high_usd is not None and j.actual_usd > j.estimated_high_usd
        for j in jobs
    )
    billed = sum(j.billed_usd is not None for j in jobs)
    return PastError(
        n=len(jobs),
        tokens=tokens,
        usd=usd,
        billed_n=billed,
        above_high=above,
        text=_words(len(jobs), tokens, usd, billed, above),
    )


def _ratio(pairs: Iterable[tuple[Decimal | int | None, Decimal | int | None]]) -> Ratio | None:
    found = [float(actual / said) for actual, said in pairs if actual is not None and said]
    if not found:
        return None
    low, middle, high = (round(x, 4) for x in (min(found), median(found), max(found)))
    return Ratio(n=len(found), low=low, median=middle, high=high)


def _words(n: int, tokens: Ratio | None, usd: Ratio | None, billed: int, above: int) -> str:
    if not n:
        return "No finished job has been compared with its estimate yet."
    parts = []
    if tokens:
        parts.append(f"billed tokens were {tokens.text} of the forecast")
    if usd:
        how = f"by the bill in {billed}" if billed else "by the billed tokens"
        parts.append(f"money was {usd.text} of the estimate, {how}")
    text = f"{n} finished {'job' if n == 1 else 'jobs'}: {'; '.join(parts) or 'nothing to compare'}."
    return text + (f" {above} above the high end." if above else "")
