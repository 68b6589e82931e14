"""Trainings that finished on this computer, as the local engine left them: what they took, for the next estimate."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools import workspace


@dataclass(frozen=True)
class OwnRun:
    """One finished training on this computer."""

    job_id: str
    model: str
    tokens: int
    """Trained on, all epochs."""
    wall_seconds: Decimal
    """Of the training itself, loading left out."""
    peak_memory_gb: Decimal
    batch_size: int
    steps: int
    lora_rank: int
    full: bool
    device: str
    ran_on: date

    @property
    def sequence_length(self) -> int:
        """Tokens of an example, on average."""
        return max(1, round(self.tokens / (self.steps * self.batch_size)))


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
        return OwnRun(
            job_id=str(job["id"]),
            model=str(job["request"]["model"]),
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
