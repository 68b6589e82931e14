"""Writing a plan for another tool: the kept data beside it, every number of the plan in it.

What each form trains on is the same: the assistant turns. Numbers that a plan leaves to its provider are those of the
local recipe, and the file says so.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from tools.errors import InputError, RefusedError
from tools.jobs import datafiles
from tools.jobs.export import axolotl, fireworks, llamafactory, trl
from tools.jobs.export.plan_numbers import numbers
from tools.jobs.export.rows import data, holds_images
from tools.jobs.models import Envelope, Plan
from tools.jobs.plan import get_plan

Form = Literal["trl", "axolotl", "llamafactory", "fireworks"]
FORMS: tuple[Form, ...] = get_args(Form)
WRITE: dict[Form, Callable[[Envelope, str, bool], dict[str, bytes]]] = {
    "trl": trl.files,
    "axolotl": axolotl.files,
    "llamafactory": llamafactory.files,
    "fireworks": fireworks.files,
}
TAKES: dict[Form, frozenset[str]] = {
    "trl": frozenset({"sft", "dpo"}),
    "axolotl": frozenset({"sft", "dpo"}),
    "llamafactory": frozenset({"sft", "dpo"}),
    "fireworks": frozenset({"sft"}),
}
ONLY_TEXT: frozenset[Form] = frozenset({"trl", "axolotl", "llamafactory"})
RUN_WITH: dict[Form, str] = {
    "trl": "python train.py   (needs: pip install trl peft datasets; or: uv run train.py)",
    "axolotl": "axolotl train axolotl.yaml",
    "llamafactory": "llamafactory-cli train llamafactory.yaml",
    "fireworks": "sh fireworks.sh   (needs firectl, signed in; it costs money there)",
}
OPEN_BASES = {"smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct"}
"""Our short names of bases, and their names on the hub."""


class ExportReport(BaseModel):
    """What was written."""

    model_config = ConfigDict(frozen=True)

    plan_id: str
    form: Form
    files: tuple[str, ...]
    run_with: str
    notes: tuple[str, ...]


def export(plan_id: str, form: Form, out: Path, *, base_model: str | None = None, owner: str = "local") -> ExportReport:
    """Write a plan for another tool.

    Args:
        plan_id: which plan.
        form: for which tool.
        out: folder for the files; it is made, and nothing in it is overwritten.
        base_model: a hub name or folder in place of the plan's base.
        owner: whose plan it is.

    Raises:
        RefusedError: the base has no published weights, or the technique or images are not written for that tool.
        InputError: the folder holds such files already.
    """
    plan = get_plan(plan_id, owner)
    e = plan.envelope
    if e.technique not in TAKES[form]:
        can = ", ".join(sorted(TAKES[form]))
        raise RefusedError(f"{e.technique} plans are not written for {form}", remedy=f"These are: {can}.")
    base = base_model or _open_base(plan)
    written = {"train.jsonl": data(datafiles.content(e.training), e.technique)}
    if form in ONLY_TEXT and holds_images(written["train.jsonl"]):
        raise RefusedError(
            f"the rows hold images, and what is written for {form} trains on text",
            remedy="Train it here with a base that reads images, or write it for fireworks.",
        )
    if e.validation:
        written["validation.jsonl"] = data(datafiles.content(e.validation), e.technique)
    written |= WRITE[form](e, base, e.validation is not None)
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = [name for name in written if (out / name).exists()]
        if taken:
            raise InputError(f"{', '.join(taken)} exist already", where=str(out), remedy="Choose an empty folder.")
        for name, content in written.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(out)) from None
    notes = tuple(numbers(e)[1])
    return ExportReport(plan_id=plan.id, form=form, files=tuple(written), run_with=RUN_WITH[form], notes=notes)


def _open_base(plan: Plan) -> str:
    name = plan.envelope.base_model
    if plan.envelope.backend in ("local", "huggingface", "ray", "together"):
        return OPEN_BASES.get(name.lower(), name)
    raise RefusedError(
        f"the weights of {name} are not published: no other tool can train it",
        remedy="Name an open base: --base-model HuggingFaceTB/SmolLM2-135M-Instruct",
    )
