"""Trainings that finished on this computer, as the local engine left them: what they took, for the next estimate."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools import workspace
from tools.errors import AdvisorError

METHODS = {"supervised": "sft", "dpo": "dpo", "reinforcement": "rft"}


@dataclass(frozen=True)
class OwnRun:
    """One finished training on this computer."""

    job_id: str
    model: str
    technique: str
    tokens: int
    """That carried loss, all epochs: for short answers to long questions far fewer than were read."""
    wall_seconds: Decimal
    """Of the training itself, loading left out."""
    peak_memory_gb: Decimal
    batch_size: int
    steps: int
    lora_rank: int
    full: bool
    device: str
    ran_on: date
    file: Path
    """What it was trained on, as the engine keeps it."""
    base: str
    max_length: int | None

    @property
    def rows(self) -> int:
        """Examples seen, all epochs."""
        return self.steps * self.batch_size

    def read_tokens(self) -> int:
        """Tokens read, all epochs: counted again in its file; where that is gone, those that carried loss."""
        from tools.tokens import count

        try:
            report = count(self.file, self.base, limit_per_example=self.max_length)
        except (AdvisorError, OSError):
            return self.tokens
        each = (report.trained_tokens_per_epoch or 0) / report.examples if report.examples else 0
        return max(self.tokens, round(each * self.rows))


def own_runs() -> tuple[OwnRun, ...]:
    """All that can be read; a job that failed, or whose files are not as expected, is passed over."""
    folder = workspace.home() / "engine" / "jobs"
    found = (_read(job) for job in sorted(folder.glob("*/outcome.json")))
    return tuple(run for run in found if run is not None)


def _read(outcome: Path) -> OwnRun | None:
    try:
        told: dict[str, Any] = json.loads(outcome.read_bytes())
        job: dict[str, Any] = json.loads((outcome.parent / "job.json").read_bytes())
        values: dict[str, Any] = json.loads((outcome.parent / "resolved.json").read_bytes())["values"]
        cost = told["cost"]
        if told["status"] != "succeeded" or not told["trained_tokens"] or not cost["steps"]:
            return None
        asked, length = job["request"], values.get("max_length")
        method = (asked.get("method") or {}).get("type", "supervised")
        return OwnRun(
            job_id=str(job["id"]),
            model=str(asked["model"]),
            technique=METHODS.get(method, method),
            file=outcome.parents[2] / "files" / str(asked.get("training_file")) / "content",
            base=str(job.get("base") or asked["model"]),
            max_length=int(length) if length else None,
            tokens=int(told["trained_tokens"]),
            wall_seconds=Decimal(str(cost["training_wall_s"])),
            peak_memory_gb=Decimal(int(cost["peak_rss_bytes"])) / 10**9,
            batch_size=int(values["batch_size"]),
            steps=int(cost["steps"]),
            lora_rank=int(values.get("lora_r") or 16),
            full=bool(values.get("full", False)),
            device=f"this computer, {cost.get('device', 'cpu')}, {cost.get('threads', '?')} threads",
            ran_on=datetime.fromtimestamp(int(job["created_at"]), UTC).date(),
        )
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
        return None
