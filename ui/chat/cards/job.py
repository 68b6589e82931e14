"""A job as it runs: stage, time left, spent, the loss curve, cancel; and what its end means."""

from tools.jobs.models import JobReport
from ui.chat.cards.blocks import (
    Bar01,
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Item,
    ItemList,
    Lines,
    Notice,
    Series,
    Text,
)
from ui.chat.cards.plan import money

STAGES = {
    "launching": "Sending the job.",
    "validating_files": "The files are being checked.",
    "queued": "Waiting for its turn.",
    "running": "Training.",
    "paused": "Paused. It keeps what it has learnt and goes on when you say so.",
    "succeeded": "Training is done. Whether it helped is measured next, on rows it has not seen.",
    "failed": "The job failed.",
    "cancelled": "Stopped. Nothing more runs.",
    "refused": "The provider refused the job. Nothing was started.",
    "not_created": "The job was never created. Nothing was spent.",
    "unknown": "The provider did not answer clearly. It is being asked whether the job exists; nothing is sent twice.",
    "needs_human": "It could not be found out whether the job exists. Look at the provider's page before trying again.",
    "lost_contact": "The provider no longer finds the job.",
}


def job_card(job: JobReport, *, after: list[Button] | None = None) -> Card:
    """The job as it stands. `after`: what can be done once it has ended."""
    tone = {"succeeded": "good", "failed": "bad", "refused": "bad", "needs_human": "warn"}.get(job.status, "plain")
    stage = STAGES.get(job.status, f"The provider says: {job.status}")
    text = f"{stage} {job.message}".strip() if job.status in ("failed", "refused", "needs_human") else stage
    blocks: list[Block] = [
        Text(text=f"Job {job.id} · {job.technique.upper()} · {job.base_model} · {job.backend}", muted=True),
        Notice(text=text, tone=tone),
    ]
    if not job.finished:
        share = job.step / job.total_steps if job.step is not None and job.total_steps else None
        blocks.append(Bar01(share=share, text=_where(job)))
    curve = _curve(job)
    if curve:
        blocks.append(curve)
    blocks.append(Details(summary=f"Events ({len(job.events)})", blocks=[_events(job)]))
    if job.notices:
        told = [Item(text=n.text, note=n.at.strftime("%H:%M:%S")) for n in job.notices]
        blocks.append(Details(summary=f"Milestones ({len(told)})", blocks=[ItemList(items=told)]))
    blocks.append(
        Text(text=f"Spent so far: {money(job.spent_usd)}. You may close this page: the job goes on.", muted=True)
    )
    if not job.finished:
        stop = Button(
            label="Cancelling" if job.cancel_requested else "Cancel the job",
            action="cancel_job",
            payload={"job_id": job.id},
            style="danger",
            done_label="Cancelling",
            disabled=job.cancel_requested,
        )
        blocks.append(Buttons(items=[stop]))
    elif after:
        blocks.append(Buttons(items=after))
    return Card(name="job", label=f"Job {job.id}", blocks=blocks)


def _where(job: JobReport) -> str:
    words = f"step {job.step} of {job.total_steps}" if job.step is not None and job.total_steps else "starting"
    if job.seconds_left_low is not None and job.seconds_left_high is not None:
        words += f" · {_span(job.seconds_left_low)} to {_span(job.seconds_left_high)} left"
    return words


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _curve(job: JobReport) -> Lines | None:
    train = [(float(m.step), m.train_loss) for m in job.metrics if m.train_loss is not None]
    valid = [(float(m.step), m.valid_loss) for m in job.metrics if m.valid_loss is not None]
    if len(train) < 2:
        return None
    series = [Series(name="train loss", points=train)]
    if valid:
        series.append(Series(name="validation loss", points=valid))
    alt = (
        f"Train loss from {train[0][1]:.3g} at step {train[0][0]:.0f} to {train[-1][1]:.3g} at step {train[-1][0]:.0f}"
    )
    if valid:
        alt += f"; validation loss last {valid[-1][1]:.3g}"
    return Lines(title="Loss (not the same as success)", alt=alt, x_label="step", series=series)


def _events(job: JobReport) -> ItemList:
    messages = [e for e in job.events if e.type != "metrics"]
    return ItemList(items=[Item(text=e.message, note=e.at.strftime("%H:%M:%S")) for e in messages[-20:]])
