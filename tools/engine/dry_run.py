"""Before anything is trained: the first batch as it will be learnt, what is left out, and the memory it will take.

No gradient is computed and no weight loaded. The rows go through the same reading, rendering and checks as in training,
in a process of its own (tools/engine/look.py).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.engine.shown import ShownRow
from tools.errors import InputError, UnavailableError
from tools.named import file_named

TIMEOUT_S = 300.0


class DryRunRequest(BaseModel):
    """What would be trained."""

    model_config = ConfigDict(frozen=True)

    training_file: Path
    model: str = ""
    """A name, folder or hub name as a job takes it; empty: the local base."""
    method: str = "supervised"
    hyperparameters: dict[str, Any] = {}
    most_rows: int = 4
    """Rows to show."""


class DryRun(BaseModel):
    """What a person should see before training."""

    model_config = ConfigDict(frozen=True)

    base: str
    rows: int
    """Rows that will be trained."""
    left_out: int
    """Rows longer than `max_length`; none is ever cut."""
    left_out_lines: tuple[int, ...]
    max_length: int
    longest: int
    """Tokens of the longest row, left out or not."""
    trained_tokens_per_epoch: int
    steps: int
    device: str
    dtype: str
    why_dtype: str
    memory_bytes: int | None
    """Reckoned; None when the model's files do not tell."""
    free_bytes: int
    measured_bytes: int | None
    """Highest peak among earlier jobs with the same base and method; None when there was none."""
    measured_jobs: int
    first_batch: tuple[ShownRow, ...]

    @property
    def fits(self) -> bool | None:
        """Whether the estimate is below what is free; None when unknown."""
        return None if self.memory_bytes is None else self.memory_bytes < self.free_bytes


def dry_run(request: DryRunRequest) -> DryRun:
    """Look at a training file as training would.

    Raises:
        InputError: the rows, the base or a number cannot be used; the message is the one the job would fail with.
        UnavailableError: the engine is not installed, or took too long.
    """
    from tools.engine import control, paths, processes

    control.require_installed()
    file_named(request.training_file)
    order = request.model_copy(update={"model": request.model or paths.local_base()})
    with tempfile.TemporaryFile("w+") as words:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tools.engine.look"], input=order.model_dump_json(), text=True, check=False,
                stdout=subprocess.PIPE, stderr=words, env=processes.environment(), timeout=TIMEOUT_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UnavailableError(
                f"the dry run took more than {TIMEOUT_S:.0f} s", where=request.training_file.name, remedy="Try again."
            ) from None
        try:
            told = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            words.seek(0)
            last = (words.read().strip().splitlines() or ["no reason given"])[-1][:200]
            raise UnavailableError(f"the dry run ended early ({last})", remedy="Try again.") from None
    if error := told.get("error"):
        raise InputError(error.rstrip("."), where=request.training_file.name)
    return DryRun.model_validate(told)
