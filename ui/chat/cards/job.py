"""A job as it runs: stage, time left, spent, the loss curve, cancel; and what its end means."""

import re
from decimal import Decimal

from agent.said import said
from tools.jobs.backends.registry import PAUSING
from tools.jobs.models import JobReport
from tools.records import clock
from tools.report.forms import Forms
from ui.chat.cards.blocks import (
    Bar01,
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Entries,
    Entry,
    Item,
    ItemList,
    Lines,
    Notice,
    Series,
    Text,
    Tone,
)
from ui.chat.words import Words, words

UNLUCKY: dict[str, tuple[str, ...]] = {
    "failed": ("read_cause", "not_twice", "plan_again"),
    "cancelled": ("again_on_purpose",),
    "refused": ("read_cause", "plan_again"),
    "not_created": ("plan_again",),
    "needs_human": ("look_there",),
    "lost_contact": ("look_there", "not_twice"),
    "gone": ("again_on_purpose",),
}
"""Ends that nobody wanted -> what to do then, each a text of the words."""
TONES: dict[str, Tone] = {
    "succeeded": "good", "failed": "bad", "refused": "bad", "needs_human": "warn", "gone": "warn"
}  # fmt: skip
WITH_MESSAGE = ("failed", "refused", "needs_human", "gone")


def job_card(job: JobReport, *, after: list[Button] | None = None, language: str = "en") -> Card:
    """The job as it stands. `after`: what can be done once it has ended."""
    w = words(language)
    tone = TONES.get(job.status, "plain")
    stage = w.get(f"job.stages.{job.status}", w("job.provider_says", status=job.status))
    text = f"{stage} {_first_words(job, language)}".strip() if job.status in WITH_MESSAGE else stage
    blocks: list[Block] = [
        Text(text=f"{job.technique.upper()} · {job.base_model} · {job.backend}", muted=True),
        Notice(text=text, tone=tone),
    ]
    if not job.finished:
        share = job.step / job.total_steps if job.step is not None and job.total_steps else None
        blocks.append(Bar01(share=share, text=_where(job, w)))
    curve = _curve(job, w)
    if curve:
        blocks.append(curve)
    if job.events:
        blocks.append(Details(summary=w("job.events", n=len(job.events)), blocks=[_events(job)]))
    if job.silent_since is not None and not job.finished:
        at = Forms(language).moment(job.silent_since)
        blocks.insert(2, Notice(text=w("job.silent", at=at), tone="warn"))
    if idle := _idle(job, w):
        blocks.insert(2, idle)
    if job.notices:
        told = [Item(text=n.text, note=n.at.strftime("%H:%M:%S")) for n in job.notices]
        blocks.append(Details(summary=w("job.milestones", n=len(told)), blocks=[ItemList(items=told)]))
    blocks.append(Text(text=_spent(job, w), muted=True))
    if job.status in UNLUCKY:
        steps = [Item(text=w(f"job.next.{step}")) for step in UNLUCKY[job.status]]
        blocks.append(ItemList(title=w("what_now.label"), items=steps))
    if job.contact_lost and not job.finished:
        blocks.append(_gone(job, w))
    if job.status == "needs_human":
        blocks.append(_settle(job, w))
    if not job.finished:
        blocks.append(Buttons(items=_while_it_runs(job, w)))
    elif after:
        blocks.append(Buttons(items=after))
    return Card(name="job", label=w("job.label", id=job.id), blocks=blocks, language=language)


def _first_words(job: JobReport, language: str) -> str:
    """The job's message as sentences; what a command would settle is settled on the card itself."""
    text = said(job.message, language)
    if job.status == "needs_human":
        text = re.split(r"(?<=\. )|(?<=。)", text)[0].strip()
    return text[:1].upper() + text[1:]


def _spent(job: JobReport, w: Words) -> str:
    """What it cost, and whether anything goes on when the page is closed."""
    sum_ = w.money(job.spent_usd)
    if job.finished:
        return w("job.spent_all", sum=sum_)
    if job.status in ("validating_files", "queued", "running"):
        return w("job.spent", sum=sum_)
    looked_for = job.status in ("launching", "unknown")
    return w("job.spent_here", sum=sum_) + (f" {w('job.looked_for')}" if looked_for else "")


def _idle(job: JobReport, w: Words) -> Notice | None:
    """A deployment paid by the hour that a reminder was due for, until somebody says that it is gone."""
    d = job.deployment
    if d is None or d.usd_per_hour == 0 or not any(n.code.startswith("idle-") for n in job.notices):
        return None
    if d.usd_per_hour is None:
        return Notice(text=w("job.idle_unpriced", name=d.name, id=job.id), tone="warn")
    so_far = d.usd_per_hour * Decimal((clock.now() - d.since).total_seconds()) / 3600
    said = {"rate": w.money(d.usd_per_hour), "day": w.money(24 * d.usd_per_hour), "sum": w.money(so_far)}
    return Notice(text=w("job.idle", name=d.name, id=job.id, **said), tone="warn")


def _gone(job: JobReport, w: Words) -> Details:
    """A person's way out: they looked at the provider and say what it billed, with their reason in writing."""
    billed = Entry(name="billed", label=w("job.lost.billed"), value="")
    why = Entry(name="why", label=w("job.lost.why"), value="", mode="text")
    form = Entries(items=[billed, why], button=w("job.lost.gone"), action="job_gone", payload={"job_id": job.id})
    reserved = w.money(job.reserved_usd)
    return Details(summary=w("job.lost.title"), blocks=[Text(text=w("job.lost.means", sum=reserved)), form])


def _settle(job: JobReport, w: Words) -> Details:
    """A launch that only a person can settle: which job it is at the provider, or that none was created, and why.

    Not `once`: to mark the click on the stored card would draw the old card over the one that shows what came of it.
    """
    why = Entry(name="why", label=w("job.settle.why"), value="", mode="text")
    ident = Entry(name="adopt", label=w("job.settle.adopt"), value="", mode="text")
    forms: list[Block] = [
        Entries(items=items, button=w(f"job.settle.{answer}"), action="job_settle",
                payload={"job_id": job.id, "answer": answer})
        for answer, items in (("is_this", [ident, why]), ("none", [why]))
    ]  # fmt: skip
    means = Text(text=w("job.settle.means", sum=w.money(job.reserved_usd)))
    return Details(summary=w("job.settle.title"), blocks=[means, *forms])


def _while_it_runs(job: JobReport, w: Words) -> list[Button]:
    payload = {"job_id": job.id}
    wish = {"running": "pause", "paused": "resume"}.get(job.status)
    items: list[Button] = []
    if wish and job.backend in PAUSING and not job.cancel_requested:
        done = w(f"job.{'pausing' if wish == 'pause' else 'resuming'}")
        # Clicked on one state it is gone with it: the card is drawn anew when the provider says that it waits.
        items.append(Button(label=w(f"job.{wish}"), action=f"{wish}_job", payload=payload, done_label=done, again=True))
    items.append(
        Button(
            label=w("job.cancelling" if job.cancel_requested else "job.cancel"),
            action="cancel_job",
            payload=payload,
            style="danger",
            done_label=w("job.cancelling"),
            disabled=job.cancel_requested,
        )
    )
    return items


def _where(job: JobReport, w: Words) -> str:
    here = w("job.starting")
    if job.step is not None and job.total_steps:
        here = w("job.step_of", step=str(job.step), total=str(job.total_steps))
    if job.seconds_left_low is not None and job.seconds_left_high is not None:
        low, high = _span(job.seconds_left_low, w), _span(job.seconds_left_high, w)
        here += f" · {w('job.left', low=low, high=high)}"
    return here


def _span(seconds: float, w: Words) -> str:
    return w("job.seconds", n=round(seconds)) if seconds < 90 else w("job.minutes", n=round(seconds / 60))


def _curve(job: JobReport, w: Words) -> Lines | None:
    train = [(float(m.step), m.train_loss) for m in job.metrics if m.train_loss is not None]
    valid = [(float(m.step), m.valid_loss) for m in job.metrics if m.valid_loss is not None]
    if len(train) < 2:
        return None
    series = [Series(name=w("job.train_loss"), points=train)]
    if valid:
        series.append(Series(name=w("job.validation_loss"), points=valid))
    alt = w(
        "job.curve_said",
        first=f"{train[0][1]:.3g}",
        first_step=round(train[0][0]),
        last=f"{train[-1][1]:.3g}",
        last_step=round(train[-1][0]),
    )
    if valid:
        alt += w("job.curve_validation", last=f"{valid[-1][1]:.3g}")
    return Lines(title=w("job.curve"), alt=alt, x_label=w("job.step"), series=series)


def _events(job: JobReport) -> ItemList:
    messages = [e for e in job.events if e.type != "metrics"]
    return ItemList(items=[Item(text=e.message, note=e.at.strftime("%H:%M:%S")) for e in messages[-20:]])
