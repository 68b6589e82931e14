"""What stands against a plan: errors in the data, held-out examples in training, a price or a lifetime unknown."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from knowledge.backends import backends
from tools.errors import AdvisorError, InputError, RefusedError
from tools.jobs.models import METHODS, Blocker, PlanRequest

MONTH_DAYS = 30
SAME_FORMATS = {"huggingface": "local", "ray": "local"}
"""Backends that read files as another one does: the same TRL script."""
LOCAL_ENGINE = frozenset({"local", "ray"})
"""Backends whose training is the local engine's own."""
ENGINE_SCRIPT = LOCAL_ENGINE | {"huggingface"}
"""Backends that run a script of ours."""
IMAGE_RULES = frozenset(f"lint:FT40{n}" for n in range(1, 6))
WEIGHTS_ARE_YOURS = frozenset({"huggingface", "ray", "together"})


def data_blockers(request: PlanRequest) -> tuple[list[Blocker], list[str]]:
    """Lint errors block; warnings are passed on. Returns (blockers, warnings)."""
    from tools.dataset import LintRequest, lint

    report = lint(
        LintRequest(
            path=request.training_file,
            validation=request.validation_file,
            technique=request.technique,
            provider=SAME_FORMATS.get(request.backend, request.backend if request.backend in backends() else None),
            model=request.base_model,
            count_tokens=False,
        )
    )
    blockers, warnings = [], []
    for finding in report.findings:
        place = f" (line {finding.line})" if finding.line else ""
        said = f"{finding.rule}{place}: {finding.message}"
        if finding.severity == "error":
            message = f"{said}. {finding.remedy}"
            blockers.append(Blocker(code=f"lint:{finding.rule}", message=message, overridable=False))
        elif finding.severity == "warning":
            warnings.append(said)
    # A base that reads only text is the graver fault: where its images stand is not asked then.
    if request.backend in ENGINE_SCRIPT and all(b.code in IMAGE_RULES for b in blockers):
        blockers = _rows_blockers(request) or blockers
    return blockers, warnings


def lengths(path: Path, tokenizer: str | None, max_length: object) -> list[str]:
    """What this computer's engine will leave out of a file of chat rows for its length: none, or one sentence.

    Args:
        path: the training file.
        tokenizer: a folder with the base's tokenizer.json; None where it is not unpacked yet: then with o200k_base.
        max_length: the plan's.
    """
    from tools.tokens import count

    if not isinstance(max_length, int):
        return []
    try:
        counted = count(path, tokenizer, limit_per_example=max_length)
    except AdvisorError:  # what the file cannot be counted for is said where its tokens are
        return []
    if not counted.over_limit:
        return []
    by = "the base's own tokenizer" if tokenizer else counted.tokenizer
    return [
        f"{counted.over_limit:,} of {counted.examples:,} training rows are longer than max_length ({max_length:,} "
        f"tokens; the longest: {counted.max or 0:,}, counted with {by}). They are left out whole, question and answer; "
        "none is cut. A larger max_length takes them in, with more memory and time."
    ]


def grader_for_here(grader: dict[str, Any]) -> None:
    """InputError where this computer's engine does not grade by it: said before anybody approves."""
    from tools.engine.grading import parse
    from tools.engine.wire import WireError

    try:
        parse(grader)
    except WireError as e:
        raise InputError(
            e.message.rstrip("."), where=e.param or "grader", remedy="docs/engine.md lists them."
        ) from None


def _rows_blockers(request: PlanRequest) -> list[Blocker]:
    """What lint lets through because a cloud can train it, such as images for a base that reads only text."""
    from tools.engine.models import reads_images
    from tools.engine.paths import local_base
    from tools.engine.rows import Check, first_fault

    base, where = request.base_model or local_base(), "The local engine"
    sees = reads_images(base)
    if request.backend not in LOCAL_ENGINE:
        # The script that is sent there renders text; a base of another name is none that this computer knows.
        where, sees = "The script that runs there", False
    check = Check(METHODS[request.technique], Path(base).name, sees is not False)
    if fault := first_fault(request.training_file, check):
        return [Blocker(code="local:rows", message=f"{where} cannot train on this file: {fault}.", overridable=False)]
    return []


def held_out_blockers(training: Path, validation: Path | None = None) -> list[Blocker]:
    """Examples that were set aside for the verdict must neither be trained on nor choose the model."""
    from tools.dataset import refuse_held_out_file

    found = []
    for path, use in ((training, "training"), (validation, "validation")):
        try:
            if path is not None:
                refuse_held_out_file(path, use)
        except RefusedError as e:
            found.append(Blocker(code="held_out", message=f"{e.where}: {e.what}. {e.remedy}", overridable=False))
    return found


def price_blockers(worst_case_usd: Decimal | None) -> list[Blocker]:
    """A sum that nobody knows cannot be approved unseen."""
    if worst_case_usd is not None:
        return []
    message = "the worst-case cost is not known, and unknown is not 0"
    return [Blocker(code="price_unknown", message=message, overridable=True)]


def lifetime_blockers(
    backend: str, retires_on: date | None, training_ends: date | None, horizon_months: int | None, today: date
) -> list[Blocker]:
    """A base that is gone, closed to new jobs, or gone before the end of the time it is wanted for."""
    found = []
    if training_ends is not None and today >= training_ends:
        message = f"{backend} takes no new jobs for this base since {training_ends}"
        found.append(Blocker(code="training_closed", message=message, overridable=False))
    if retires_on is not None and today >= retires_on:
        message = f"the base was shut down on {retires_on}"
        found.append(Blocker(code="base_retired", message=message, overridable=False))
    elif retires_on is not None and horizon_months:
        needed = today + timedelta(days=MONTH_DAYS * horizon_months)
        if retires_on < needed:
            message = f"the base is shut down on {retires_on}, before your {horizon_months} months are over ({needed})"
            found.append(Blocker(code="retires_before_horizon", message=message, overridable=True))
    return found


def eligibility_blockers(backend: str) -> list[Blocker]:
    """OpenAI takes new jobs only from organisations that use a tuned model already."""
    if backend != "openai":
        return []
    message = (
        "OpenAI takes new jobs only from organisations with inference on a fine-tuned model in the last 60 days, "
        "and from nobody after 2027-01-06; confirm that yours is one of them"
    )
    return [Blocker(code="eligibility", message=message, overridable=True)]


def lifetime_text(backend: str, retires_on: date | None, today: date) -> str:
    """How long the tuned model will live, in one sentence."""
    if backend == "local":
        return "The tuned model is a file on this computer: it lives as long as you keep it."
    if backend in WEIGHTS_ARE_YOURS:
        return "The tuned weights can be taken home: they live as long as you keep them."
    if retires_on is None:
        return "How long the tuned model will be served is not published; ask the provider before you rely on it."
    days = (retires_on - today).days
    if days <= 0:
        return f"The base was shut down on {retires_on}, and with it every model tuned on it."
    return f"The tuned model ends with its base on {retires_on}, {days} days from now."
