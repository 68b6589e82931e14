"""What to try next after a job, from what its curves show: one change at a time, each with what it was seen in.

The rules are the field's (knowledge/hyperparameters.yaml names them with their sources). They follow the loss alone;
whether another job is worth anything the score on the held-out examples decides, and every suggestion says so.
"""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from tools.jobs import curves, datafiles, view
from tools.jobs.models import JobEvent, Metric, Plan, PlanRequest
from tools.jobs.plan import get_plan

FEWEST_STEPS = 20
HALVE, DOUBLE = 0.5, 2.0
LEFT_OUT_SHARE = 0.1
"""Of the training rows; fewer than that change little."""
MOST_TOKENS = 4096
"""A row longer than this is for a person to shorten: attention memory grows with its square."""


class Change(BaseModel):
    """One setting to change."""

    model_config = ConfigDict(frozen=True)

    name: str
    before: float | int | str | None
    after: float | int
    why: str
    seen_in: tuple[str, ...]


class NextPlan(BaseModel):
    """What to try next: at most one change, or none with the reason; and what else would help."""

    model_config = ConfigDict(frozen=True)

    change: Change | None
    request: PlanRequest | None
    """Ready to propose; None when no setting should be changed."""
    advice: tuple[str, ...]
    first: str = "Score base against tuned on the held-out examples before training again: that decides, not the loss."


def suggest(job_id: str, owner: str = "local") -> NextPlan:
    """The next plan after a job. NotFoundError when the job is not this owner's."""
    report = view.report(job_id, owner)
    plan = get_plan(report.plan_id, owner)
    read = curves.read(report.metrics)
    change = _longer(plan, report.events) or _change(plan, read, report.metrics)
    advice = tuple(r.advice for r in read.readings)
    return NextPlan(change=change, request=_request(plan, change) if change else None, advice=advice)


def _longer(plan: Plan, told: Iterable[JobEvent]) -> Change | None:
    """Rows that were too long were left out: before anything is read off a curve, they are let in."""
    settings, rows = plan.envelope.hyperparameters, plan.envelope.training.rows
    for event in told:
        out, longest = (event.data or {}).get("left_out"), (event.data or {}).get("longest")
        if not isinstance(out, int) or not isinstance(longest, int) or "training rows" not in event.message:
            continue
        if "max_length" in settings and rows and out / rows >= LEFT_OUT_SHARE and longest <= MOST_TOKENS:
            why = f"{out} of {rows} rows were longer and were left out; longer rows take more memory and time"
            before, seen = settings["max_length"], (f"the longest row: {longest} tokens",)
            return Change(name="max_length", before=before, after=longest, why=why, seen_in=seen)
    return None


def _change(plan: Plan, read: curves.CurveReport, metrics: tuple[Metric, ...]) -> Change | None:
    """The gravest reading that a setting can mend; the readings come gravest first."""
    settings = plan.envelope.hyperparameters
    epochs, rate = settings.get("n_epochs"), settings.get("learning_rate_multiplier")
    multiplier = rate if isinstance(rate, int | float) else 1.0
    for reading in read.readings:
        if reading.kind == "diverged":
            why = "the corrections are too large: half of them"
            return _made("learning_rate_multiplier", rate, multiplier * HALVE, why, reading)
        if reading.kind == "no_learning":
            why = "the corrections are too small to get anywhere: twice as large"
            return _made("learning_rate_multiplier", rate, multiplier * DOUBLE, why, reading)
        if not isinstance(epochs, int):
            continue
        if reading.kind == "over_fitting" and epochs > 1 and read.best_step is not None:
            fewer = _epochs_until(read.best_step, metrics, epochs)
            why = f"validation loss was lowest at step {read.best_step}; what came after was learnt by heart"
            return _made("n_epochs", epochs, fewer, why, reading)
        if reading.kind == "still_learning":
            return _made("n_epochs", epochs, epochs + 1, "it was still learning when it ended", reading)
        if reading.kind == "too_few_steps":
            last = max(1, metrics[-1].step)
            more = min(50, epochs * -(-FEWEST_STEPS // last))
            if more > epochs:
                return _made("n_epochs", epochs, more, f"there were too few steps to learn from ({last})", reading)
    return None


def _epochs_until(best_step: int, metrics: tuple[Metric, ...], epochs: int) -> int:
    """Whole epochs that end at or before the best step, at least 1 and fewer than before."""
    steps_an_epoch = metrics[-1].step / epochs
    return max(1, min(epochs - 1, int(best_step / steps_an_epoch)))


def _made(name: str, before: float | int | str | None, after: float | int, why: str, reading: curves.Reading) -> Change:
    return Change(name=name, before=before, after=after, why=why, seen_in=reading.evidence)


def _request(plan: Plan, change: Change) -> PlanRequest:
    """The same plan with one setting changed, on the same kept files."""
    e = plan.envelope
    given = {p.name: p.value for p in plan.hyperparameters if p.origin == "given"}
    return PlanRequest(
        training_file=datafiles.kept_at(e.training),
        validation_file=datafiles.kept_at(e.validation) if e.validation else None,
        training_name=plan.training_name,
        validation_name=plan.validation_name,
        technique=e.technique,
        backend=e.backend,
        base_model=e.base_model,
        hyperparameters={**given, change.name: change.after},
        suffix=e.suffix,
        seed=e.seed,
        tier=e.tier,
        grader=e.grader,
        owner=e.owner,
    )
