"""The stop rules of a plan, applied while its job is watched."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from tools.jobs import curves, view
from tools.jobs.models import Job, JobEvent, Metric


class Verdict(NamedTuple):
    """What a rule says now."""

    code: str
    cancel: bool
    message: str


def apply(rules: Sequence[str], job: Job, events: Sequence[JobEvent], ceiling_usd: Decimal) -> Verdict | None:
    """The gravest rule that speaks, None when none does."""
    if "diverged" in rules:
        broken = next((int((e.data or {})["step"]) for e in events if _not_a_number(e)), None)
        if broken is not None:
            words = f"Cancelled by the plan's stop rule: the training loss is no longer a number from step {broken}."
            return Verdict("diverged", True, words)
    if "over_ceiling" in rules and job.spent_usd is not None and job.spent_usd > ceiling_usd:
        words = (
            f"Cancelled by the plan's stop rule: {job.spent_usd} USD so far, above the ceiling of {ceiling_usd} USD."
        )
        return Verdict("over_ceiling", True, words)
    if "over_fitting" in rules and (rise := curves.rising_validation(_validated(events))):
        steps = ", ".join(f"{v:.3f} at step {s}" for s, v in rise)
        return Verdict("over_fitting", False, f"Validation loss has risen for {len(rise) - 1} evaluations: {steps}.")
    return None


def _validated(events: Sequence[JobEvent]) -> tuple[Metric, ...]:
    """Only the steps at which there was a validation: of thousands they are few, and no others are asked for."""
    losses = ("valid_loss", "validation_loss", "full_valid_loss")
    return view.metrics(e for e in events if e.data and any(e.data.get(name) is not None for name in losses))


def _not_a_number(event: JobEvent) -> bool:
    """Stored as a word, since JSON has no such number."""
    data = event.data or {}
    return event.type == "metrics" and "step" in data and data.get("train_loss") in ("nan", "inf", "-inf")
