"""`python -m tools.engine.look`: the dry run's process. A request on standard input, the answer on standard output."""

import json
import math
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tools import pictures
from tools.engine import encode, loading, memory, models
from tools.engine.dry_run import DryRun, DryRunRequest
from tools.engine.eyes import sees
from tools.engine.recipe import Hyperparameters, resolve
from tools.engine.rows import Check, DataError, read
from tools.engine.shown import ShownRow
from tools.engine.wire import WireError
from tools.errors import AdvisorError


def _look(request: DryRunRequest) -> DryRun:
    weights = models.weights(request.model)
    if Path(weights.base).is_absolute():
        os.environ["HF_HUB_OFFLINE"] = "1"
    folder = loading.folder_of(weights.base)
    eyes = sees(folder)
    # Of a base without eyes that is said first, wherever the images are.
    with pictures.embedded(request.training_file) if eyes else nullcontext(request.training_file) as file:
        rows = read(file, Check(request.method, folder.name, eyes))
    _, renderer = loading.reader_of(folder, folder.name)
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
    patches = max(getattr(row, "patches", 0) for row in fit)
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
        memory_bytes=memory.estimate(shape, values, request.method, longest, bytes_each, patches) if shape else None,
        free_bytes=memory.free(device),
        measured_bytes=max(peaks, default=None),
        measured_jobs=len(peaks),
        first_batch=tuple(
            ShownRow.model_validate(r) for r in encode.first_batch(renderer, rows, fit, request.most_rows)
        ),
    )


def _said(first: Any) -> str:
    """What is wrong with a setting, in our words where pydantic's name a machine's thing."""
    return "there is no such setting" if first["type"] == "extra_forbidden" else str(first["msg"])


def main() -> int:
    """Answer one request; standard output carries nothing else."""
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
        told = json.dumps({"error": f"{first['loc'][-1] if first['loc'] else 'request'}: {_said(first)}"})
    out.write(told + "\n")
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
