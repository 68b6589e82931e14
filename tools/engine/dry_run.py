"""Before anything is trained: the first batch as it will be learnt, what is left out, and the memory it will take.

No gradient is computed and no weight loaded. The rows go through the same reading, rendering and checks as in training,
in a process of its own (`python -m tools.engine.dry_run`: a request on standard input, the answer on standard output).
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.engine.shown import ShownRow
from tools.errors import InputError, UnavailableError

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
    if not request.training_file.is_file():
        raise InputError("there is no such file", where=str(request.training_file), remedy="Check the path.")
    order = request.model_copy(update={"model": request.model or paths.local_base()})
    with tempfile.TemporaryFile("w+") as words:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tools.engine.dry_run"], input=order.model_dump_json(), text=True, check=False,
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


def _look(request: DryRunRequest) -> DryRun:
    from tools.engine import encode, loading, memory, models
    from tools.engine.recipe import Hyperparameters, resolve
    from tools.engine.render import Renderer
    from tools.engine.rows import Check, DataError, read

    weights = models.weights(request.model)
    if Path(weights.base).is_absolute():
        os.environ["HF_HUB_OFFLINE"] = "1"
    rows = read(request.training_file, Check(request.method))
    folder = loading.folder_of(weights.base)
    renderer = Renderer(loading.tokenizer_of(folder), folder.name)
    wanted = Hyperparameters.model_validate(request.hyperparameters)
    one = encode.way(renderer, request.method)
    encoded: list[Any] = [one(row) for row in rows]
    most = resolve(wanted, len(rows), request.method).values["max_length"]
    fit = [row for row in encoded if row.length <= most]
    if not fit:
        raise DataError(f"No training row fits into {most} tokens. Raise max_length.")
    values = resolve(wanted, len(fit), request.method).values
    device = loading.device()
    dtype, why = loading.training_dtype(device, values["full"])
    shape = memory.shape_of(folder)
    longest = max(row.length for row in fit)
    bytes_each = 4 if str(dtype).endswith("32") else 2
    peaks = memory.measured(weights.base, request.method)
    return DryRun(
        base=request.model,
        rows=len(fit),
        left_out=len(encoded) - len(fit),
        left_out_lines=tuple(row.line for row in encoded if row.length > most)[:100],
        max_length=most,
        longest=max(row.length for row in encoded),
        trained_tokens_per_epoch=sum(row.trained for row in fit),
        steps=math.ceil(len(fit) / values["batch_size"]) * values["n_epochs"],
        device=device,
        dtype=str(dtype).removeprefix("torch."),
        why_dtype=why,
        memory_bytes=memory.estimate(shape, values, request.method, longest, bytes_each) if shape else None,
        free_bytes=memory.free(device),
        measured_bytes=max(peaks, default=None),
        measured_jobs=len(peaks),
        first_batch=tuple(
            ShownRow.model_validate(r) for r in encode.first_batch(renderer, rows, fit, request.most_rows)
        ),
    )


def main() -> int:
    """Answer one request; standard output carries nothing else."""
    from tools.engine.rows import DataError
    from tools.engine.wire import WireError
    from tools.errors import AdvisorError

    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        told = _look(DryRunRequest.model_validate_json(sys.stdin.read())).model_dump_json()
    except (DataError, WireError) as e:
        told = json.dumps({"error": e.message})
    except AdvisorError as e:
        told = json.dumps({"error": str(e)})
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[-1]
        told = json.dumps({"error": f"{first['loc'][0] if first['loc'] else 'request'}: {first['msg']}"})
    out.write(told + "\n")
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
