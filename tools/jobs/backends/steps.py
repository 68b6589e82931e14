"""Measured steps under one set of names, whatever a provider or a trainer calls them."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

NAMES = {
    "step": "step",
    "global_step": "step",
    "train/global_step": "step",
    "loss": "train_loss",
    "train/loss": "train_loss",
    "train_loss": "train_loss",
    "mean_token_accuracy": "train_mean_token_accuracy",
    "train/mean_token_accuracy": "train_mean_token_accuracy",
    "train_mean_token_accuracy": "train_mean_token_accuracy",
    "eval_loss": "full_valid_loss",
    "eval/loss": "full_valid_loss",
    "valid_loss": "valid_loss",
    "full_valid_loss": "full_valid_loss",
    "eval_mean_token_accuracy": "full_valid_mean_token_accuracy",
    "eval/mean_token_accuracy": "full_valid_mean_token_accuracy",
    "reward": "train_reward_mean",
    "train/reward": "train_reward_mean",
    "eval_reward": "valid_reward_mean",
    "total_steps": "total_steps",
}
"""Names of TRL and Together to those of the results file."""
COLUMNS = tuple(dict.fromkeys(n for n in NAMES.values() if n not in ("step", "total_steps")))


def ours(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row under our names; steps as whole numbers, what is not known left out."""
    found = {NAMES[k.lower()]: v for k, v in row.items() if k.lower() in NAMES and isinstance(v, int | float)}
    return {k: int(v) if k in ("step", "total_steps") else v for k, v in found.items()}


def as_csv(rows: Iterable[Mapping[str, Any]]) -> bytes | None:
    """Rows of our names as a results file, a line a step; None when nothing was measured."""
    steps: dict[int, dict[str, Any]] = {}
    for row in rows:
        if isinstance(row.get("step"), int):
            steps.setdefault(row["step"], {}).update({k: v for k, v in row.items() if k in COLUMNS})
    used = [c for c in COLUMNS if any(c in row for row in steps.values())]
    if not used:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *used])
    writer.writerows([step, *(steps[step].get(c, "") for c in used)] for step in sorted(steps))
    return text.getvalue().encode()
