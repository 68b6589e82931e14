"""A plan is proposed, a person approves it, the job is launched once and painted until it ends."""

import asyncio
import json
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.engine import paths
from tools.engine.dry_run import DryRunRequest, dry_run
from tools.engine.recipe import Hyperparameters
from tools.errors import AdvisorError, InputError
from tools.jobs import view
from tools.jobs.approval import approve as approve_plan
from tools.jobs.approval import reject as reject_plan
from tools.jobs.checks import LOCAL_ENGINE
from tools.jobs.launcher import launch
from tools.jobs.lost import gone as say_gone
from tools.jobs.models import Job, JobReport, Plan, PlanRequest
from tools.jobs.monitor import cancel as cancel_job
from tools.jobs.monitor import pause as pause_job
from tools.jobs.monitor import resume as resume_job
from tools.jobs.plan import get_plan
from tools.jobs.plan import propose_again as propose_plan
from tools.jobs.reconcile import resolve, told_why
from tools.progress import Progress
from ui.chat.cards.blocks import Block, Button, Card, Notice
from ui.chat.cards.first_batch import first_batch
from ui.chat.cards.job import job_card
from ui.chat.cards.plan import needs_word, plan_card
from ui.chat.journey.after import read_curves
from ui.chat.journey.compare import dataset_of, score_tuned
from ui.chat.journey.told import line, path_of, told
from ui.chat.show import Shown, announce, on_screen, repaint
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of
from ui.chat.words import Words
from ui.chat.work import in_background, problem_card

PAINT_SECONDS, AFTER_SECONDS = 1.5, 60.0
OF_THE_PLAN = ("backend", "base_model", "technique", "suffix", "tier", "seed")
"""What a plan's form may name beside hyperparameters."""
_painted: dict[tuple[str, str], asyncio.Task[None]] = {}
"""By thread and job: two conversations that plan the same have one job, and a card each."""


async def propose(talk: Talk, dataset: str, given: dict[str, str] | None = None) -> None:
    """Plan a training job on the split's train rows, here unless `given` says where.

    Args:
        talk: the conversation.
        dataset: the file whose train rows are learnt.
        given: what a person changed on the plan's card, as typed: backend, base_model, technique, seed, suffix, tier,
            or a hyperparameter by its name.
    """
    wanted = _wanted(given or {})

    def work(progress: Progress) -> tuple[Plan, Block | None]:
        train = Path(ref_of(talk.case, f"{dataset}.train").path)
        refs = {d.id for d in talk.case.datasets}
        validation = Path(ref_of(talk.case, f"{dataset}.validation").path) if f"{dataset}.validation" in refs else None
        request = PlanRequest(training_file=train, validation_file=validation, owner=talk.owner, **wanted)
        plan = propose_plan(request, progress)
        return plan, _looked_at(plan, train, progress, talk.words)

    async def then(made: tuple[Plan, Block | None]) -> None:
        plan, batch = made
        async with talk.turn():
            talk.case.plans = [*(p for p in talk.case.plans if p != plan.id), plan.id]
        card = plan_card(plan, batch, dataset=dataset, language=talk.case.language)
        same = (_same(talk, dataset, wanted), *(line("jobs", act, plan.id) for act in ("approve", "launch")))
        await announce(talk.thread_id, told(talk, card, *same, dataset=dataset))

    in_background(talk.thread_id, talk.words("work.planning"), work, then, language=talk.case.language)


def _same(talk: Talk, dataset: str, wanted: dict[str, Any]) -> str:
    """The plan as a command, with what the person chose."""
    said = [f"--{k.replace('_', '-')} {shlex.quote(str(v))}" for k, v in wanted.items() if k != "hyperparameters"]
    said += [f"--set {k}={json.dumps(v)}" for k, v in wanted.get("hyperparameters", {}).items()]
    has = any(d.id == f"{dataset}.validation" for d in talk.case.datasets)
    validation = f"--validation {path_of(talk.case, f'{dataset}.validation')}" if has else ""
    return line("jobs plan", path_of(talk.case, f"{dataset}.train"), validation, *said)


def _wanted(given: dict[str, str]) -> dict[str, Any]:
    """What was typed, as a plan takes it; an empty field leaves the choice to us."""
    filled = {k: v.strip() for k, v in given.items() if v.strip()}
    plain: dict[str, Any] = {k: filled.pop(k) for k in OF_THE_PLAN if k in filled}
    try:
        numbers = {k: v if v == "auto" else json.loads(v) for k, v in filled.items()}
    except ValueError:
        bad = next(k for k, v in filled.items() if v != "auto" and not _is_number(v))
        raise InputError(f"{bad} is not a number", remedy="Write one, such as 3 or 0.5, or auto.") from None
    return {**plain, "hyperparameters": numbers}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _looked_at(plan: Plan, train: Path, progress: Progress, w: Words) -> Block | None:
    """The dry run of a local plan. Not before the base is unpacked: that is part of the job a person approves."""
    e = plan.envelope
    if e.backend != "local" or (e.base_model == paths.DEFAULT_MODEL and not paths.prepared()):
        return None
    progress(0, None, "looking at the first batch")
    try:
        numbers = {k: v for k, v in e.hyperparameters.items() if k in Hyperparameters.model_fields}
        return first_batch(
            dry_run(
                DryRunRequest(
                    training_file=train, model=e.base_model, method=e.method, hyperparameters=numbers, most_rows=2
                )
            ),
            w.language,
        )
    except AdvisorError as error:
        return Notice(text=w("batch.cannot", error=error), tone="warn")


async def approve(talk: Talk, plan_id: str, digest: str, ceiling_usd: Decimal | None, word: str = "") -> None:
    """The click: approve the plan whose digest was on the card, launch it, watch it. A large sum needs a typed word.

    Called again (a double click, a second window) it finds the approval and the job that the first call made.
    """
    plan = await asyncio.to_thread(get_plan, plan_id, talk.owner)
    wanted = talk.words("plan.word")
    if needs_word(plan) and word.strip().casefold() != wanted.casefold():
        raise InputError(talk.words("plan.word_missing", word=wanted))
    ceiling = ceiling_usd if ceiling_usd is not None else plan.envelope.worst_case_usd or Decimal(0)
    await asyncio.to_thread(approve_plan, plan_id, digest, talk.owner, ceiling, owner=talk.owner)
    # Shielded: a stop or a closed tab must not cut a launch in two.
    job = await asyncio.shield(asyncio.to_thread(launch, plan_id, person=talk.owner, owner=talk.owner))
    async with talk.turn():
        if job.id not in talk.case.jobs:
            talk.case.jobs = [*talk.case.jobs, job.id]
    await _follow(talk, job)


async def reject(talk: Talk, plan_id: str, digest: str) -> None:
    """A person says no; the plan cannot be launched any more."""
    await asyncio.to_thread(reject_plan, plan_id, digest, talk.owner, owner=talk.owner)
    card = Card(
        name="rejected",
        label=talk.words("plan.not_approved"),
        blocks=[Notice(text=talk.words("plan.rejected"))],
        language=talk.case.language,
    )
    await announce(talk.thread_id, card)


async def cancel(talk: Talk, job_id: str) -> None:
    """Ask for the end of a job."""
    await asyncio.to_thread(cancel_job, job_id, talk.owner, person=talk.owner)


async def pause(talk: Talk, job_id: str) -> None:
    """Ask a job to wait, where its provider can."""
    await asyncio.to_thread(pause_job, job_id, talk.owner, person=talk.owner)


async def resume(talk: Talk, job_id: str) -> None:
    """Ask a paused job to go on, within the plan that was approved."""
    await asyncio.to_thread(resume_job, job_id, talk.owner, person=talk.owner)


async def gone(talk: Talk, job_id: str, billed: str, why: str) -> None:
    """Record what a person saw at the provider of a job with which contact is lost. Nothing is sent."""
    try:
        billed_usd = Decimal(billed.strip())
    except ArithmeticError:
        raise InputError(talk.words("job.lost.no_sum")) from None
    _in_a_sentence(talk, why)
    await asyncio.to_thread(say_gone, job_id, talk.owner, billed_usd=billed_usd, why=why, owner=talk.owner)


def _in_a_sentence(talk: Talk, why: str) -> None:
    try:
        told_why(why)
    except InputError:  # whose remedy is a flag of the command line
        raise InputError(talk.words("job.settle.no_why")) from None


async def settle(talk: Talk, job_id: str, answer: str, adopt: str, why: str) -> None:
    """Record what a person saw at the provider of a launch whose outcome nobody knows. Nothing is created by it.

    Args:
        talk: the conversation.
        job_id: the launch.
        answer: is_this (the job `adopt` is it) or none (none was created).
        adopt: the provider's id of the job.
        why: how the person knows, a sentence.
    """
    which = adopt.strip()
    _in_a_sentence(talk, why)
    if answer == "is_this" and not which:
        raise InputError(talk.words("job.settle.no_id"))
    said: dict[str, Any] = {"adopt": which} if answer == "is_this" else {"not_created": answer == "none"}
    await asyncio.to_thread(resolve, job_id, talk.owner, owner=talk.owner, why=why, **said)
    follow(talk, job_id)


async def _follow(talk: Talk, job: Job) -> None:
    """Show the job's card and keep painting it. Two windows that approve at once get one card."""
    if job.id in talk.cards:
        follow(talk, job.id)
        return
    talk.cards[job.id] = []  # claimed before anything is awaited
    try:
        report = await asyncio.to_thread(view.report, job.id, talk.owner)
        shown = (await announce(talk.thread_id, job_card(report, language=talk.case.language)))[0]
    except BaseException:
        talk.cards.pop(job.id)
        raise
    await asyncio.to_thread(_remember, talk, job.id, shown)
    follow(talk, job.id)


def follow_all(talk: Talk) -> None:
    """After a restart: paint the jobs of this case that are not painted yet and have not been shown as ended."""
    for job_id in talk.case.jobs:
        follow(talk, job_id)


def follow(talk: Talk, job_id: str) -> None:
    """Paint one job's card until the job ends, unless that is being done."""
    here = (talk.thread_id, job_id)
    task, shown = _painted.get(here), _recall(talk, job_id)
    if shown is not None and (task is None or task.done()):
        _painted[here] = asyncio.create_task(_paint(talk, job_id, shown))


async def _paint(talk: Talk, job_id: str, shown: Shown) -> None:
    last, failures, over = "", 0, False
    while True:
        try:
            report = await asyncio.to_thread(view.report, job_id, talk.owner)
            failures = 0
        except AdvisorError as e:
            failures += 1
            if failures > 5:
                await announce(talk.thread_id, problem_card(e, talk.case.language))
                return
            await asyncio.sleep(PAINT_SECONDS)
            continue
        now = report.model_dump_json(exclude={"updated_at"})
        if now != last:
            await repaint(
                shown,
                job_card(report, after=await asyncio.to_thread(_after, talk, report), language=talk.case.language),
                keep=report.finished or not last,
            )
            last = now
        if report.finished:
            if not over:
                await _ended(talk, report)
            over = True
            if report.status != "succeeded" or not on_screen(talk.thread_id):
                return
            await asyncio.sleep(AFTER_SECONDS)  # a deployment that stands idle is told long after the end
            continue
        await asyncio.sleep(PAINT_SECONDS)


def _after(talk: Talk, report: JobReport) -> list[Button]:
    w = talk.words
    if report.status == "succeeded":
        return [
            Button(
                label=w("do.score_tuned"),
                action="score_tuned",
                payload={"job_id": report.id},
                style="primary",
                again=True,
            ),
            Button(label=w("after.save"), action="save_bundle", payload={"job_id": report.id}, again=True),
        ]
    if report.finished and report.status not in ("needs_human",):
        try:
            dataset = dataset_of(talk, get_plan(report.plan_id, talk.owner))
        except AdvisorError:  # its file is of another conversation
            return []
        return [Button(label=w("plan.again"), action="plan", payload={"dataset": dataset}, again=True)]
    return []


async def _ended(talk: Talk, report: JobReport) -> None:
    """A job that has just succeeded: its curves are read, and here it is scored at once, which costs only minutes."""
    scored = any(f"tuned-{report.id[:8]}" in name for name in talk.case.evals)
    if report.status != "succeeded" or scored:
        return
    await read_curves(talk, report)
    if report.backend in LOCAL_ENGINE:
        await score_tuned(talk, report.id)


def _remember(talk: Talk, job_id: str, shown: Shown) -> None:
    talk.cards[job_id] = [shown.id, shown.for_id]
    talk.save()


def _recall(talk: Talk, job_id: str) -> Shown | None:
    where = talk.cards.get(job_id)
    if not where:
        return None
    shown = Shown(talk.thread_id, Card(name="job", label="Job", blocks=[]))
    shown.id, shown.for_id = where
    return shown
