"""What each button does. A click carries names and ids only; everything else is read again from the store."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from agent.ask import question_for
from agent.facts import FACT_NAMES
from agent.say import translated
from tools.errors import InputError
from ui.chat import journey, work
from ui.chat.asked import close_before
from ui.chat.cards.question import question_card
from ui.chat.journey.teacher import given_of
from ui.chat.render import Turn
from ui.chat.show import announce, show_click
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of

Click = Callable[[Talk, dict[str, Any]], Awaitable[None]]


def _fact(payload: dict[str, Any]) -> str:
    fact = payload.get("fact")
    if fact not in FACT_NAMES:
        raise InputError("there is no such question")
    return str(fact)


async def answer(talk: Talk, payload: dict[str, Any]) -> None:
    """An option of a question, or "I don't know" (value null)."""
    await show_click(str(payload.get("label") or payload.get("value")), talk.words)
    async with talk.turn() as conversation:
        await Turn(talk).play(conversation.answer(_fact(payload), payload.get("value"), payload.get("also") or {}))


async def change(talk: Talk, payload: dict[str, Any]) -> None:
    """Set a fact to another value, or confirm what a model read."""
    await show_click(str(payload.get("label") or payload.get("value")), talk.words)
    async with talk.turn() as conversation:
        await Turn(talk).play(conversation.change(_fact(payload), payload.get("value")))


async def reask(talk: Talk, payload: dict[str, Any]) -> None:
    """Ask for one fact, by itself or anew; the answer, clicked or typed, replaces the old one."""
    fact = _fact(payload)
    question = translated(question_for(fact), talk.case.language)
    async with talk.turn():
        talk.case.ask(fact)
        card = question_card(question, can_go_back=False, language=talk.case.language)
        await close_before(talk, await announce(talk.thread_id, card))


async def back(talk: Talk, _payload: dict[str, Any]) -> None:
    """Take the last answer back."""
    await show_click(talk.words("question.back"), talk.words)
    async with talk.turn() as conversation:
        await Turn(talk).play(conversation.back())


async def why(talk: Talk, _payload: dict[str, Any]) -> None:
    """Why the question is asked."""
    async with talk.turn() as conversation:
        await Turn(talk).play(conversation.why())


async def explain(talk: Talk, payload: dict[str, Any]) -> None:
    """The card of a rung or technique."""
    await journey.explain(talk, str(payload.get("topic", "")))


async def why_not(talk: Talk, _payload: dict[str, Any]) -> None:
    """Why the other rungs were passed over."""
    await journey.why_not(talk)


async def teach(talk: Talk, payload: dict[str, Any]) -> None:
    """A step of the two-minute tour."""
    step = payload.get("step")
    await journey.teach(talk, step if isinstance(step, int) else 0)


async def read_page(talk: Talk, payload: dict[str, Any]) -> None:
    """One knowledge page."""
    await journey.read_page(talk, str(payload.get("page")))


async def want_file(talk: Talk, _payload: dict[str, Any]) -> None:
    """Say how to bring data."""
    await journey.invite(talk)


async def example(talk: Talk, _payload: dict[str, Any]) -> None:
    """Use the example set."""
    await journey.example(talk)


async def rehearse(talk: Talk, payload: dict[str, Any]) -> None:
    """The recorded example: its beginning, or one step."""
    step = payload.get("step")
    await journey.rehearse(talk, step if isinstance(step, int) else None)


async def check(talk: Talk, payload: dict[str, Any]) -> None:
    """Check a file again, after it was stopped."""
    await journey.check(talk, ref_of(talk.case, payload.get("dataset")))


async def fix(talk: Talk, payload: dict[str, Any]) -> None:
    """Write a repaired copy; `offers` are the repairs that change the data, named by the person."""
    offers = payload.get("offers")
    names = [str(name) for name in offers] if isinstance(offers, list) else []
    await journey.fix(talk, ref_of(talk.case, payload.get("dataset")), names)


async def convert(talk: Talk, payload: dict[str, Any]) -> None:
    """Turn a table into training examples, with the columns the person named on a button or in the form (`given`)."""
    ref = ref_of(talk.case, payload.get("dataset"))
    given = payload.get("given")
    named = given if isinstance(given, dict) else payload
    await journey.convert(talk, ref, str(named.get("user") or ""), str(named.get("assistant") or ""))


async def set_aside(talk: Talk, payload: dict[str, Any]) -> None:
    """Split off validation and held-out rows."""
    await journey.set_aside(talk, ref_of(talk.case, payload.get("dataset")))


async def price(talk: Talk, payload: dict[str, Any]) -> None:
    """What training on this file costs, here and elsewhere; `given` changes what is assumed."""
    given = payload.get("given")
    await journey.price(talk, ref_of(talk.case, payload.get("dataset")), given if isinstance(given, dict) else {})


async def may_we_tune(talk: Talk, payload: dict[str, Any]) -> None:
    """What an organisation must have to tune there; with `ask`, one harmless read with the key that is set."""
    await journey.may_we_tune(talk, str(payload.get("provider")), ask=payload.get("ask") is True)


async def accept_metric(talk: Talk, payload: dict[str, Any]) -> None:
    """A person says what a good answer is, and the goal; `given` is what they changed of the proposal."""
    given = payload.get("given")
    changed = given if isinstance(given, dict) else {}
    await journey.accept_metric(talk, str(payload.get("dataset")), payload.get("goal"), changed)


async def measure_base(talk: Talk, payload: dict[str, Any]) -> None:
    """Score today's model on the held-out rows."""
    await journey.measure_base(talk, str(payload.get("dataset")), str(payload.get("arm", "plain")))


async def climb(talk: Talk, payload: dict[str, Any]) -> None:
    """The ladder: what it would ask and cost; with `go`, it is measured."""
    await journey.climb(talk, str(payload.get("dataset")), payload)


async def curve(talk: Talk, payload: dict[str, Any]) -> None:
    """The learning curve of one rung: what it would ask and cost; with `go`, it is measured."""
    await journey.curve(talk, str(payload.get("dataset")), payload)


async def rows(talk: Talk, payload: dict[str, Any]) -> None:
    """The rows behind a rung's score, beside those of the plain prompt."""
    start = payload.get("start")
    await journey.rows(
        talk, str(payload.get("eval")), str(payload.get("beside")), start if isinstance(start, int) else 0
    )


async def page(talk: Talk, _payload: dict[str, Any]) -> None:
    """Write the decision record."""
    await journey.page(talk)


async def link(talk: Talk, _payload: dict[str, Any]) -> None:
    """The address of this conversation."""
    await journey.link(talk)


async def beside(talk: Talk, _payload: dict[str, Any]) -> None:
    """The other cases, to lay one beside this."""
    await journey.beside(talk)


async def plan(talk: Talk, payload: dict[str, Any]) -> None:
    """Propose a training plan."""
    kept, given = payload.get("kept"), payload.get("given")
    await journey.propose(talk, str(payload.get("dataset")), _changed(kept, given))


def _changed(kept: Any, given: Any) -> dict[str, str]:
    """What stood on the card, and what was filled in; another place or technique begins with its own settings."""
    before = {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
    after = {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    if after.get("backend", "").strip() or after.get("technique", "").strip():
        before = {k: v for k, v in before.items() if k in ("backend", "technique", "seed")}
    return {**before, **after}


async def next_plan(talk: Talk, payload: dict[str, Any]) -> None:
    """The same job with the one change its curves call for, as a new plan."""
    await journey.next_plan(talk, str(payload.get("job_id")))


async def ask_both(talk: Talk, payload: dict[str, Any]) -> None:
    """One text to base and tuned."""
    given = payload.get("given")
    await journey.ask_both(
        talk, str(payload.get("job_id")), str(given.get("text", "")) if isinstance(given, dict) else ""
    )


async def distil(talk: Talk, _payload: dict[str, Any]) -> None:
    """How distillation goes, and the form that names a teacher."""
    await journey.distil(talk)


async def distil_plan(talk: Talk, payload: dict[str, Any]) -> None:
    """What a teacher would be asked and cost at most; nothing is sent."""
    await journey.distil_plan(talk, str(payload.get("dataset")), given_of(payload))


async def distil_collect(talk: Talk, payload: dict[str, Any]) -> None:
    """A person accepts terms and budget: the answers are collected, or collecting goes on."""
    await journey.distil_collect(talk, str(payload.get("dataset")), given_of(payload))


async def raft(talk: Talk, _payload: dict[str, Any]) -> None:
    """How RAFT goes, and the form for documents, questions and parameters."""
    await journey.raft(talk)


async def raft_plan(talk: Talk, payload: dict[str, Any]) -> None:
    """Rows at once where questions are given; else what a teacher would be asked and cost at most."""
    await journey.raft_plan(talk, given_of(payload))


async def raft_make(talk: Talk, payload: dict[str, Any]) -> None:
    """A person accepts terms and budget: a teacher writes, and the rows are made."""
    await journey.raft_make(talk, given_of(payload))


async def approve_plan(talk: Talk, payload: dict[str, Any]) -> None:
    """A person says yes to one exact plan: it is approved and launched, once."""
    ceiling = Decimal(str(payload["ceiling_usd"])) if payload.get("ceiling_usd") else None
    given = payload.get("given")
    word = str(given.get("word", "")) if isinstance(given, dict) else ""
    await journey.approve(talk, str(payload.get("plan_id")), str(payload.get("digest")), ceiling, word)


async def reject_plan(talk: Talk, payload: dict[str, Any]) -> None:
    """A person says no."""
    await journey.reject(talk, str(payload.get("plan_id")), str(payload.get("digest")))


async def cancel_job(talk: Talk, payload: dict[str, Any]) -> None:
    """End a job."""
    await journey.cancel(talk, str(payload.get("job_id")))


async def pause_job(talk: Talk, payload: dict[str, Any]) -> None:
    """Let a job wait."""
    await journey.pause(talk, str(payload.get("job_id")))


async def resume_job(talk: Talk, payload: dict[str, Any]) -> None:
    """Let a paused job go on."""
    await journey.resume(talk, str(payload.get("job_id")))


async def job_gone(talk: Talk, payload: dict[str, Any]) -> None:
    """A person who looked at the provider says that a lost job is gone there."""
    given = payload.get("given")
    said = {k: str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    await journey.gone(talk, str(payload.get("job_id")), said.get("billed", ""), said.get("why", ""))


async def job_settle(talk: Talk, payload: dict[str, Any]) -> None:
    """A person who looked at the provider says what became of a launch that nobody else can settle."""
    given = payload.get("given")
    said = {k: str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    job_id, answer = str(payload.get("job_id")), str(payload.get("answer"))
    await journey.settle(talk, job_id, answer, said.get("adopt", ""), said.get("why", ""))


async def save_bundle(talk: Talk, payload: dict[str, Any]) -> None:
    """Write a finished job as one folder."""
    await journey.save(talk, str(payload.get("job_id")))


async def score_tuned(talk: Talk, payload: dict[str, Any]) -> None:
    """Score the tuned model on the held-out rows and compare."""
    step = payload.get("step")
    await journey.score_tuned(talk, str(payload.get("job_id")), step if isinstance(step, int) else None)


async def stop_work(_talk: Talk, payload: dict[str, Any]) -> None:
    """End long work."""
    work.stop(str(payload.get("work")))


CLICKS: dict[str, Click] = {
    f.__name__: f
    for f in (
        answer,
        change,
        reask,
        back,
        why,
        explain,
        why_not,
        teach,
        read_page,
        want_file,
        example,
        rehearse,
        check,
        fix,
        convert,
        set_aside,
        price,
        may_we_tune,
        accept_metric,
        measure_base,
        climb,
        curve,
        rows,
        page,
        link,
        beside,
        plan,
        next_plan,
        ask_both,
        distil,
        distil_plan,
        distil_collect,
        raft,
        raft_plan,
        raft_make,
        approve_plan,
        reject_plan,
        cancel_job,
        pause_job,
        resume_job,
        job_gone,
        job_settle,
        save_bundle,
        score_tuned,
        stop_work,
    )
}
