"""What a training process tells: events, progress, the results file, checkpoints, and its last word."""

import csv
import os
import resource
import time
from pathlib import Path
from typing import Any

from tools.engine import jobs
from tools.engine.durable import append_line, read_lines, write_bytes, write_json

COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
"""OpenAI's columns. Read them by name: those of rewards follow where a method has them."""
RESERVE_BYTES = 256 * 1024


class Report:
    """One training run's voice.

    Args:
        folder: the job's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._columns = list(COLUMNS)
        self._began = time.time()
        self._from = 0
        self._curve: dict[int, dict[str, Any]] = {}
        self._reserve = folder / ".reserve"
        # Given back when the disk is full, so that the reason can still be written down.
        write_bytes(self._reserve, os.urandom(RESERVE_BYTES))

    def say(self, message: str, *, level: str = "info", data: dict[str, Any] | None = None) -> None:
        """Append an event."""
        jobs.say(self.folder, message, level=level, data=data)

    def metrics(self, step: int, total: int, values: dict[str, float]) -> None:
        """Append a metrics event with the time left, and remember the numbers for the results file."""
        self._remember(step, values)
        done = step - self._from
        left = (time.time() - self._training_began) / done * (total - step) if done > 0 else None
        data = {"step": step, "total_steps": total, **values, "seconds_left": None if left is None else round(left, 1)}
        shown = ", ".join(f"{k.replace('_', ' ')}={v:.4g}" for k, v in values.items() if isinstance(v, float))
        self.say(f"Step {step}/{total}: {shown}", data=data)
        finish = None if left is None else int(time.time() + left)
        progress = {
            "step": step,
            "total_steps": total,
            "seconds_left": data["seconds_left"],
            "estimated_finish": finish,
        }
        write_json(self.folder / "progress.json", progress)

    def resume(self, step: int) -> None:
        """Go on from a stored step: the curve up to it is read back from the events."""
        self._from = step
        for _, event in read_lines(self.folder / "events.jsonl"):
            data = event["data"]
            if event["type"] == "metrics" and data["step"] <= step:
                self._remember(data["step"], data)

    def begin_training(self) -> None:
        """Start the clock that the time left is told by."""
        self._training_began = time.time()

    def checkpoint(self, step: int) -> None:
        """Record a checkpoint whose folder stands, with the metrics known at its step."""
        known = {row["step"] for _, row in read_lines(self.folder / "checkpoints.jsonl")}
        if step in known:
            return  # stored again after a worker was lost
        row = self._curve.get(step, {})
        metrics = {
            "step": step,
            "train_loss": row.get("train_loss"),
            "train_mean_token_accuracy": row.get("train_accuracy"),
            "valid_loss": row.get("valid_loss"),
            "valid_mean_token_accuracy": row.get("valid_mean_token_accuracy"),
            "full_valid_loss": row.get("valid_loss"),
            "full_valid_mean_token_accuracy": row.get("valid_mean_token_accuracy"),
        }
        append_line(self.folder / "checkpoints.jsonl", {"at": int(time.time()), "step": step, "metrics": metrics})

    def results(self) -> None:
        """Write the results file."""
        beside = self.folder / ".results.csv"
        with beside.open("w", newline="") as f:
            table = csv.DictWriter(f, self._columns)
            table.writeheader()
            table.writerows(self._curve[step] for step in sorted(self._curve))
        beside.replace(self.folder / "results.csv")

    def cost(self, steps: int) -> dict[str, Any]:
        """What the run has cost this computer so far."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        trained, done = time.time() - self._training_began if steps else None, steps - self._from
        return {
            "wall_s": round(time.time() - self._began, 2),
            "training_wall_s": None if trained is None else round(trained, 2),
            "user_cpu_s": round(used.ru_utime, 2),
            "seconds_per_step": round(trained / done, 4) if trained and done > 0 else None,
            "peak_rss_bytes": used.ru_maxrss * 1024,
            "steps": steps,
        }

    def _remember(self, step: int, values: dict[str, Any]) -> None:
        row = self._curve.setdefault(step, {"step": step})
        named = {_column(k): v for k, v in values.items()}
        self._columns += [k for k in named if "reward" in k and k not in self._columns]
        row |= {k: v for k, v in named.items() if k in self._columns}

    def outcome(self, status: str, *, error: dict[str, Any] | None = None, **more: Any) -> None:
        """The last word; written whole or not at all, even on a full disk."""
        self._reserve.unlink(missing_ok=True)
        write_json(self.folder / "outcome.json", {"status": status, "error": error, **more})


class Silent(Report):
    """The voice of every process of a team but the first: what it would say is said already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._columns, self._curve, self._from = list(COLUMNS), {}, 0
        self._began = time.time()

    def say(self, message: str, *, level: str = "info", data: dict[str, Any] | None = None) -> None:
        """Nothing."""

    def metrics(self, step: int, total: int, values: dict[str, float]) -> None:
        """Nothing."""

    def checkpoint(self, step: int) -> None:
        """Nothing."""

    def results(self) -> None:
        """Nothing."""

    def outcome(self, status: str, *, error: dict[str, Any] | None = None, **more: Any) -> None:
        """Nothing."""


def _column(name: str) -> str:
    return "train_accuracy" if name == "train_mean_token_accuracy" else name
