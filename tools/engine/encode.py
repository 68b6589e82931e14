"""From rows to what the trainer takes, before torch is loaded: counted, left out aloud, never cut."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tools.engine import loading
from tools.engine.durable import write_json
from tools.engine.jobs import Job
from tools.engine.pairs import Pair, pair
from tools.engine.prompts import Prompt, prompt
from tools.engine.recipe import Hyperparameters, Resolved, resolve
from tools.engine.render import Encoded, Renderer
from tools.engine.report import Report
from tools.engine.rows import DataError, Row
from tools.engine.seeing import Seeing
from tools.engine.shown import shown

SHOWN_ROWS = 4
Encode = Callable[[Row], Encoded] | Callable[[Row], Pair] | Callable[[Row], Prompt]


class Prepared(NamedTuple):
    """All a supervised run needs besides the weights."""

    training: list[Any]
    validation: list[Any]
    plan: Resolved
    trained_tokens: int
    """Over all epochs."""


def prepare(
    job: Job, report: Report, renderer: Renderer, training: list[Row], validation: list[Row], wanted: Hyperparameters
) -> Prepared:
    """Encode all rows, settle every number, and keep the first batch for a person to look at.

    Raises:
        DataError: the rows cannot be trained with this base.
    """
    method = job.request.method.type
    one = way(renderer, method)
    max_length = resolve(wanted, len(training), method).values["max_length"]
    encoded = _fitting(one, training, max_length, report, "training")
    held = _fitting(one, validation, max_length, report, "validation") if validation else []
    plan = resolve(wanted, len(encoded), method)
    steps = math.ceil(len(encoded) / plan.values["batch_size"]) * plan.values["n_epochs"]
    write_json(job.folder / "first_batch.json", {"rows": first_batch(renderer, training, encoded)})
    tokens = sum(row.trained for row in encoded)
    report.say(
        f"{len(encoded)} rows, {tokens} trained tokens an epoch, {plan.values['n_epochs']} epoch(s), {steps} steps.",
        data={"rows": len(encoded), "trained_tokens_per_epoch": tokens, "steps": steps, **plan.values},
    )
    write_json(job.folder / "resolved.json", {"values": plan.values, "origins": plan.origins, "steps": steps})
    return Prepared(encoded, held, plan, tokens * plan.values["n_epochs"])


def base_for(job: Job, report: Report) -> Path:
    """The base's folder; it is prepared or fetched first if need be."""
    return loading.folder_of(job.base, lambda part, text: report.say(text, data={"part_done": part}))


def _fitting(one: Encode, rows: list[Row], max_length: int, report: Report, which: str) -> list[Any]:
    """Encode; leave out, and say so, rows that do not fit: a cut answer would teach to stop early."""
    encoded: list[Any] = [one(row) for row in rows]
    fit = [row for row in encoded if row.length <= max_length]
    if out := [row.line for row in encoded if row.length > max_length]:
        longest = max(row.length for row in encoded)
        report.say(
            f"{len(out)} of {len(rows)} {which} rows are longer than {max_length} tokens (the longest: {longest}) "
            "and are left out, not cut. Raise max_length to train on them.",
            level="warn",
            data={"left_out": len(out), "lines": out[:100], "longest": longest, "max_length": max_length},
        )
    if not fit:
        raise DataError(f"No {which} row fits into {max_length} tokens. Raise max_length.", code="nothing_fits")
    return fit


def way(renderer: Renderer, method: str) -> Encode:
    """How a method's rows become tokens.

    Raises:
        DataError: such a base is not trained that way here.
    """
    if isinstance(renderer, Seeing) and method != "supervised":
        text = f"{renderer.name} reads images, and such a base is trained here with sft only, not with {method}."
        raise DataError(text, code="unsupported", param="method")
    ways: dict[str, Encode] = {"dpo": partial(pair, renderer), "reinforcement": partial(prompt, renderer)}
    return ways.get(method, renderer.supervised)


def first_batch(renderer: Renderer, rows: list[Row], encoded: list[Any], most: int = SHOWN_ROWS) -> list[Any]:
    """The first rows that are trained, for a person to look at."""
    by_line = {row.line: row for row in rows}
    return [shown(renderer, by_line[one.line], one).model_dump(mode="json") for one in encoded[:most]]
