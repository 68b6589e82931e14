"""A plan as the commands of Fireworks' own tool, firectl. Their run costs money, and only a person starts it."""

import shlex

from tools.jobs.export.plan_numbers import head, numbers
from tools.jobs.models import Envelope


def files(e: Envelope, base: str, validation: bool) -> dict[str, bytes]:
    """fireworks.sh, beside the data. Source of the flags: docs.fireworks.ai, firectl commands (2026-11)."""
    mark = e.digest[:12]
    train, held = f"ft-{mark}-train", f"ft-{mark}-validation"
    lines = ["#!/bin/sh", head(f"plan_{e.digest[:16]}", e.digest).rstrip(), "set -eu"]
    lines.append(_command("dataset", "create", train, "train.jsonl"))
    if validation:
        lines.append(_command("dataset", "create", held, "validation.jsonl"))
    flags = _flags(e, base, train, held if validation else None)
    lines.append(_command("supervised-fine-tuning-job", "create", *(f"--{k}={v}" for k, v in flags.items())))
    return {"fireworks.sh": ("\n".join(lines) + "\n").encode()}


def _flags(e: Envelope, base: str, train: str, validation: str | None) -> dict[str, object]:
    """A job id made from the plan: the same command twice is refused there instead of paid twice."""
    n, _ = numbers(e)
    flags: dict[str, object] = {
        "job-id": f"ft-{e.digest[:12]}",
        "base-model": base,
        "dataset": train,
        "output-model": f"{e.suffix or 'ft'}-{e.digest[:12]}".lower(),
        "epochs": n["n_epochs"],
        "learning-rate": n["learning_rate"],
        "lora-rank": n["lora_r"],
        "max-context-length": n["max_length"],
    }
    return {**flags, "evaluation-dataset": validation} if validation else flags


def _command(*words: object) -> str:
    return "firectl " + shlex.join(str(w) for w in words)
