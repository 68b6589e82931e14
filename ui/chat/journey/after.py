"""After a job: its curves are read, a next plan is proposed, and both models answer a person's own text."""

import asyncio
import shlex
from pathlib import Path

from tools.errors import InputError
from tools.jobs import both, curves
from tools.jobs.both import BothAnswers
from tools.jobs.checks import LOCAL_ENGINE
from tools.jobs.models import JobReport, Plan
from tools.jobs.next_plan import suggest
from tools.jobs.plan import propose
from tools.progress import Progress
from ui.chat.cards.after import answers_card, ask_both_card, curves_card, saved_card
from ui.chat.cards.plan import plan_card
from ui.chat.journey.told import line, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.work import in_background


async def read_curves(talk: Talk, report: JobReport) -> None:
    """Say what the curves show, and what to try next."""
    following = await asyncio.to_thread(suggest, report.id, talk.owner)
    language = talk.case.language
    cards = [curves_card(report, curves.read(report.metrics), following, language)]
    if report.backend in LOCAL_ENGINE and report.fine_tuned_model:
        cards.append(ask_both_card(report.id, language))
    await announce(talk.thread_id, *cards)


async def next_plan(talk: Talk, job_id: str) -> None:
    """Propose the next plan: the same job with one setting changed."""

    def work(progress: Progress) -> Plan:
        request = suggest(job_id, talk.owner).request
        if request is None:
            raise InputError("the curves give no reason to change a setting", where=job_id)
        return propose(request, progress)

    async def then(plan: Plan) -> None:
        async with talk.turn():
            talk.case.plans = [*(p for p in talk.case.plans if p != plan.id), plan.id]
        await announce(talk.thread_id, plan_card(plan, language=talk.case.language))

    in_background(talk.thread_id, talk.words("work.planning"), work, then, language=talk.case.language)


async def ask_both(talk: Talk, job_id: str, text: str) -> None:
    """Put one text to the base and to the tuned model, under the instruction of the data where there is one."""
    if not text.strip():
        raise InputError("there is no text to ask", remedy="Write one as it would come in real use.")

    def work(progress: Progress) -> BothAnswers:
        return both.ask_both(job_id, text, owner=talk.owner, progress=progress)

    async def then(answers: BothAnswers) -> None:
        command = line("jobs ask", job_id, shlex.quote(text.strip()[:200]))
        await announce(talk.thread_id, told(talk, answers_card(answers, language=talk.case.language), command))

    in_background(talk.thread_id, talk.words("after.ask"), work, then, language=talk.case.language)


async def save(talk: Talk, job_id: str) -> None:
    """Write a finished job as one folder below the home folder; written before, the same folder is shown."""
    from ui.bundle import write

    def work(progress: Progress) -> Path:
        return write(job_id, talk.owner)

    async def then(out: Path) -> None:
        command = line("jobs bundle", job_id, "--out FOLDER")
        await announce(talk.thread_id, told(talk, saved_card(out, talk.case.language), command))

    in_background(talk.thread_id, talk.words("after.saving"), work, then, language=talk.case.language)
