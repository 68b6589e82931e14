"""Which milestones a job has passed, each in words of ours: nothing a provider or a data row says is repeated."""

from pathlib import PurePath
from typing import Literal, NamedTuple, get_args

from tools.jobs.models import TERMINAL, Job

Kind = Literal["started", "halfway", "paused", "stop_rule", "ended", "attention", "idle"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What can be asked for in notices.yaml."""


class Milestone(NamedTuple):
    """One thing worth telling. The code is unique for a job: it is told once."""

    kind: Kind
    code: str
    text: str


def passed(job: Job) -> list[Milestone]:
    """All that the job has passed by now, in the order of its life."""
    what = f"{job.technique} of {PurePath(job.base_model).name} on {job.backend} ({job.id})"
    see = f"finetune-advisor jobs show {job.id}"
    found = []
    if job.started_at is not None:
        found.append(Milestone("started", "started", f"Training has started: {what}."))
    if job.step is not None and job.total_steps and 2 * job.step >= job.total_steps and job.status not in TERMINAL:
        step = f"step {job.step} of {job.total_steps}{_left(job)}{_spent(job)}"
        found.append(Milestone("halfway", "halfway", f"Half way: {step}. {what}."))
    if job.status == "paused":
        code = f"paused-{job.step}" if job.step is not None else "paused"
        found.append(
            Milestone("paused", code, f"Paused{_spent(job)}: {what}. Go on: finetune-advisor jobs resume {job.id}")
        )
    if job.cancel_requested and job.message.startswith("Cancelled by the plan's stop rule"):
        found.append(Milestone("stop_rule", "stop_rule", f"Cancelled by the plan's stop rule: {what}. Why: {see}"))
    if job.status in TERMINAL:
        found.append(Milestone("ended", "ended", f"Ended, {job.status}{_spent(job)}: {what}. {_next(job, see)}"))
    if job.status == "refused":
        found.append(Milestone("ended", f"refused-{job.attempt}", f"Refused by the provider: {what}. Why: {see}"))
    if job.status == "needs_human":
        words = "The provider's answer was lost and no such job was found; nothing is sent again until you say"
        found.append(Milestone("attention", f"needs_human-{job.attempt}", f"{words}: {what}. See: {see}"))
    if job.status == "lost_contact":
        found.append(
            Milestone("attention", "lost_contact", f"The provider no longer finds the job: {what}. See: {see}")
        )
    return found


def _next(job: Job, see: str) -> str:
    if job.status == "succeeded":
        return "Whether it helped is measured next, on rows it has not seen; loss is not success."
    return f"Why: {see}"


def _spent(job: Job) -> str:
    return f", about {job.spent_usd:.2f} USD so far" if job.spent_usd else ""


def _left(job: Job) -> str:
    if job.seconds_left_low is None or job.seconds_left_high is None:
        return ""
    if job.seconds_left_high < 90:
        return f", {job.seconds_left_low:.0f} to {job.seconds_left_high:.0f} s left"
    return f", {job.seconds_left_low / 60:.0f} to {job.seconds_left_high / 60:.0f} min left"
