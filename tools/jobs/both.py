"""A job's base and its tuned model: which two they are, and what both answer to one text."""

import difflib
import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tools import pictures
from tools.engine import control
from tools.errors import InputError
from tools.jobs import curves, datafiles, view
from tools.jobs.checks import LOCAL_ENGINE
from tools.jobs.models import JobReport, Plan
from tools.jobs.plan import get_plan
from tools.progress import Progress, silent

MOST_CHARACTERS = 8000
MOST_TOKENS = 200
Side = Literal["same", "base", "tuned"]


class Piece(BaseModel):
    """Words that stand in both answers, or in one of them."""

    model_config = ConfigDict(frozen=True)

    text: str
    side: Side


class BothAnswers(BaseModel):
    """What both models answer to one text. One text proves nothing; the held-out rows do."""

    model_config = ConfigDict(frozen=True)

    text: str
    system: str
    """The instruction of the data that was put before it; empty where there is none."""
    base_model: str
    tuned_model: str
    base: str
    tuned: str
    differences: tuple[Piece, ...]


def tuned_here(job_id: str, owner: str = "local") -> tuple[JobReport, Plan]:
    """A job whose model answers on this computer, and its plan.

    Raises:
        InputError: it has no tuned model, or that one answers elsewhere and each answer is charged.
    """
    job = view.report(job_id, owner)
    if not job.fine_tuned_model:
        raise InputError("this job has no tuned model", where=job_id, remedy="A job has one once it has succeeded.")
    if job.backend not in LOCAL_ENGINE:
        raise InputError(
            f"the tuned model answers at {job.backend}, and there each answer is charged",
            where=job_id,
            remedy=f"Deploy it, then: finetune-advisor evals run HELD_OUT.jsonl --model {job.fine_tuned_model}",
        )
    return job, get_plan(job.plan_id, owner)


def candidate(job: JobReport, step: int | None = None) -> tuple[int | None, str]:
    """(step, model) of what a job has brought; a step of None is the end.

    Args:
        job: a job with a tuned model.
        step: as a person chose it; None: the last kept checkpoint before validation loss rose, where there is one.

    Raises:
        InputError: no checkpoint of that step was kept.
    """
    read, ended = curves.read(job.metrics), str(job.fine_tuned_model)
    if step is None:
        return curves.checkpoint_to_score(read, job.checkpoints) or (None, ended)
    if step == read.last_step:
        return None, ended
    kept = {c.get("step_number"): str(c.get("fine_tuned_model_checkpoint")) for c in job.checkpoints}
    if step not in kept:
        known = ", ".join(str(s) for s in sorted(s for s in kept if isinstance(s, int))) or "none"
        raise InputError(f"no checkpoint of step {step} was kept", where=job.id, remedy=f"Kept are: {known}.")
    return step, kept[step]


def base_of(plan: Plan) -> str:
    """The base that a job was tuned from; empty: the usual one of this computer."""
    from tools.engine.paths import local_base

    named = plan.envelope.base_model
    return "" if named == local_base() else named


def ask_both(
    job_id: str,
    text: str,
    *,
    owner: str = "local",
    step: int | None = None,
    image: Path | None = None,
    progress: Progress = silent,
) -> BothAnswers:
    """Put one text to the base and to the tuned model, under the instruction of the data where there is one.

    Raises:
        InputError: there is nothing to ask, or the job's model does not answer here.
        UnavailableError: the engine does not start.
    """
    if not text.strip():
        raise InputError("there is no text to ask", remedy="Write one as it would come in real use.")
    job, plan = tuned_here(job_id, owner)
    system = _instruction(datafiles.kept_at(plan.envelope.training))
    content: Any = text[:MOST_CHARACTERS]
    if image is not None:
        part = {"type": "image_url", "image_url": {"url": pictures.data_address(image)}}
        content = [part, {"type": "text", "text": content}]
    messages = [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": content}]
    answers, names = [], []
    for n, model in enumerate((base_of(plan), candidate(job, step)[1])):
        progress(n, 2, "asking")
        asked = control.endpoint(progress, model)
        try:
            answers.append(asked.complete(messages, max_tokens=MOST_TOKENS).text)
        finally:
            asked.close()
        names.append(asked.model)
    base, tuned = answers
    return BothAnswers(
        text=text, system=system, base_model=names[0], tuned_model=names[1], base=base, tuned=tuned,
        differences=differences(base, tuned),
    )  # fmt: skip


def differences(base: str, tuned: str) -> tuple[Piece, ...]:
    """Both answers word by word: what they share, and what only one of them says, in the order of reading."""
    left, right = re.findall(r"\s+|\w+|[^\w\s]", base), re.findall(r"\s+|\w+|[^\w\s]", tuned)
    found: list[Piece] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece(text="".join(left[a:b]), side="same"))
            continue
        for words, side in ((left[a:b], "base"), (right[c:d], "tuned")):
            if words:
                found.append(Piece(text="".join(words), side=side))
    return tuple(found)


def _instruction(train: Path) -> str:
    """The system message of the first training row; the tuned model knows its task by it."""
    try:
        with train.open(encoding="utf-8-sig") as f:
            first = json.loads(f.readline() or "{}")
    except (OSError, ValueError):
        return ""
    said = (first.get("messages") or [{}])[0] if isinstance(first, dict) else {}
    content = said.get("content") if said.get("role") in ("system", "developer") else None
    return content if isinstance(content, str) else ""
