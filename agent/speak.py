"""One turn's free words, by either mind through the same agent; a model's pass the gate sentence by sentence."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from agent.case import ChatLine, Noted
from agent.events import Event, Incomplete, Passages, Said
from agent.filters import Guard
from agent.grounding import Evidence, sentences
from agent.guided import SCRIPT, Script, planner
from agent.kernel import brief_json, function_names, make_agent, quiet_logs, run_agent, stream
from agent.plugins import Desk, as_text, supported
from agent.settings import ModelSettings


@dataclass(frozen=True)
class Brief:
    """What a model is given beside the message: all of it evidence, none of it free."""

    known: dict[str, object]
    history: Sequence[ChatLine] = ()
    language: str = "en"
    lead: str = ""
    """What the rules have said already in this turn."""
    draft: str = ""
    """What the guided mind would say now."""
    complaint: str = ""
    """Why the last attempt could not be shown."""


async def guided(desk: Desk, script: Script) -> AsyncIterator[Event]:
    """The planned turn: functions in order, then the template."""
    queue: asyncio.Queue[Event | str | None] = asyncio.Queue()
    guard = Guard(function_names(), queue.put_nowait)
    agent = make_agent(planner(), desk, guard)
    quiet_logs()
    token = SCRIPT.set(script)
    try:
        task = asyncio.create_task(run_agent(agent, desk, (), desk.said or "…", queue))
    finally:
        SCRIPT.reset(token)
    async for item in stream(task, queue):
        if not isinstance(item, str):
            yield item
        elif item.strip():
            yield Said(item)
    if desk.passages:
        yield Passages(desk.said, tuple(desk.passages))


async def fluent(desk: Desk, script: Script, brief: Brief, settings: ModelSettings) -> AsyncIterator[Event]:
    """The model's turn: it phrases the guided draft, gated; on any failure one line why, and the draft as it is."""
    reading = asyncio.create_task(suggest(desk, settings))
    draft = ""
    try:
        async for event in guided(desk, script):
            if isinstance(event, Said):
                draft += event.text
            elif not isinstance(event, Passages):
                yield event
        if draft:
            async for event in _phrased(desk, replace(brief, draft=draft), settings):
                yield event
        if desk.passages:
            yield Passages(desk.said, tuple(desk.passages))
    finally:
        await reading_done(reading)


async def _phrased(desk: Desk, brief: Brief, settings: ModelSettings) -> AsyncIterator[Event]:
    """The draft in the model's words: two attempts at covering every figure, then the draft itself."""
    from agent import model

    shown, failed, tools = "", "", await model.supports_tools(settings)
    for _ in range(3):
        complaint: list[str] = []
        try:
            async with asyncio.timeout(settings.deadline_s):
                async for event in _attempt(desk, brief, settings, tools, bool(shown), complaint):
                    if isinstance(event, Said):
                        shown = event.text if event.replaces else shown + event.text
                    yield event
        except Exception as e:
            if tools and model.refused_tools(e):
                model.forget_tools(settings)
                tools = False
                continue
            failed = model.reason(e, settings)
            break
        if not complaint:
            failed = "" if shown.strip() else "it said nothing"
            break
        failed = "what it said is not covered by the facts"
        if brief.complaint:
            break
        brief = replace(brief, complaint="; ".join(complaint[:6]))
    if failed:
        yield Incomplete(failed)
        yield Said(brief.draft, replaces=bool(shown))


async def reading_done(reading: "asyncio.Task[None]") -> None:
    """Wait a little for the suggestions; they are a nicety, not worth holding a turn up for."""
    done, _ = await asyncio.wait({reading}, timeout=8.0)
    if not done:
        reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def _attempt(
    desk: Desk, brief: Brief, settings: ModelSettings, tools: bool, replaces: bool, complaint: list[str]
) -> AsyncIterator[Event]:
    from agent import model

    queue: asyncio.Queue[Event | str | None] = asyncio.Queue()
    guard = Guard(function_names() if tools else (), queue.put_nowait)
    agent = make_agent(model.service(settings), desk, guard, model.execution_settings(settings, tools))
    quiet_logs()
    task = asyncio.create_task(run_agent(agent, desk, brief.history, _message(desk, brief), queue))
    text, passed = "", 0
    async for item in stream(task, queue):
        if not isinstance(item, str):
            yield item
            continue
        text += item
        for sentence, end in _whole(text, passed):
            problems = _evidence(desk, brief).problems(sentence, desk.recommendation)
            if problems:
                complaint += problems
                return
            yield Said(sentence, replaces=replaces)
            replaces, passed = False, end
    rest = text[passed:]
    if rest.strip():
        complaint += _evidence(desk, brief).problems(rest, desk.recommendation)
        if not complaint:
            yield Said(rest, replaces=replaces)


def _whole(text: str, passed: int) -> list[tuple[str, int]]:
    """Sentences beyond `passed` that are finished: something stands after them already."""
    found, at = [], passed
    for sentence in sentences(text[passed:])[:-1]:
        at += len(sentence)
        found.append((sentence, at))
    return found


def _evidence(desk: Desk, brief: Brief) -> Evidence:
    results = [as_text(result, 60_000) for name, result in desk.results if name != "record_facts"]
    passages = [p.text for p in desk.passages]
    recommendation = desk.recommendation.model_dump_json(by_alias=True)
    # What the model itself said before is no evidence; what the person wrote is.
    theirs = [line.text for line in brief.history if line.role == "user"]
    return Evidence(
        brief.lead, brief.draft, brief_json(brief.known), recommendation, desk.said, *theirs, *results, *passages
    )


def _message(desk: Desk, brief: Brief) -> str:
    data = {
        "language": brief.language,
        "facts": brief.known,
        "recommendation": {
            "status": desk.recommendation.status,
            "decision": desk.recommendation.decision,
            "technique": desk.recommendation.technique,
        },
        "datasets": [d.id for d in desk.case.datasets],
        "already_said": brief.lead,
        "draft": brief.draft,
    }
    if brief.complaint:
        data["your_last_answer_was_not_shown_because"] = brief.complaint
    return f"The person writes:\n<message>\n{desk.said[:6000]}\n</message>\n\nYours to phrase:\n{brief_json(data)}"


async def suggest(desk: Desk, settings: ModelSettings) -> None:
    """What the model reads in the message and the patterns did not: kept apart, to confirm."""
    from agent import model
    from agent.facts import parse_facts
    from tools.errors import InputError

    if len(desk.said.split()) < 3 and len(re.findall(r"[\u4e00-\u9fff]", desk.said)) < 6:
        return
    for read in await model.read_facts(desk.said, settings):
        waits = read.fact in desk.suggestions or read.fact in desk.case.suggestions
        if read.fact in desk.case.facts or waits or read.fact == "in_scope":
            continue
        try:
            value = parse_facts({read.fact: model.value_of(read)}).known()[read.fact]
        except (InputError, KeyError):
            continue
        if supported(read.fact, value, read.quote, desk.said, desk.case.language):
            desk.suggestions[read.fact] = Noted(value=value, quote=read.quote, turn=desk.case.turn, by_model=True)
