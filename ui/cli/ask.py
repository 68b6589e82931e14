"""`ask`: the conversation on standard input and output, one JSON object a line, or in plain text for a person."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import click

from tools.errors import AdvisorError, InputError
from ui.cli.output import json_option


@click.command()
@json_option
@click.option(
    "--persona",
    type=click.Choice(["newcomer", "practitioner", "decision_maker"]),
    default="newcomer",
    help="Who asks: how much is said, and in which words.",
)
def ask(as_json: bool, persona: str) -> None:
    """Talk with the adviser: lines in, answers out; end with Ctrl-D.

    With --json, each line in is {"user": "text"} or {"answer": {"fact": value}} (null for "I don't know"), and each
    line out is one JSON object with `say`, `ask`, `facts` and `recommendation`.
    """
    # What a first answer needs is imported before anybody waits for one.
    from agent.case import Case
    from agent.turn import Conversation
    from agent.warm import warm_up

    warm_up()
    conversation = Conversation(Case(persona=persona))
    asyncio.run(_lines(conversation) if as_json else _people(conversation))


async def _lines(conversation: Any) -> None:
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        if not line.strip():
            continue
        try:
            out = await turn(conversation, events_for(conversation, line))
        except AdvisorError as e:
            out = {"error": str(e), **standing(conversation)}
        click.echo(json.dumps(out, ensure_ascii=False, default=str))
        sys.stdout.flush()


def events_for(conversation: Any, line: bytes) -> AsyncIterator[Any]:
    """What one line of input asks for.

    Raises:
        InputError: it is not one of the two forms.
    """
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(
            "this line is not JSON", remedy='Send {"user": "text"} or {"answer": {"fact": value}}.'
        ) from None
    if isinstance(data, dict) and isinstance(data.get("user"), str) and len(data) == 1:
        return conversation.say(data["user"])  # type: ignore[no-any-return]
    answer = data.get("answer") if isinstance(data, dict) and len(data) == 1 else None
    if isinstance(answer, dict) and answer:
        return answers(conversation, answer)
    raise InputError(
        "this line is neither a user's text nor an answer",
        remedy='Send {"user": "text"} or {"answer": {"fact": value}}.',
    )


async def answers(conversation: Any, answer: dict[str, Any]) -> AsyncIterator[Any]:
    """One answer, which may tell several facts (an option's own and its `also`); null for one that is not known."""
    from agent.facts import parse_facts

    parse_facts(answer, where="answer")  # all of them, before any is taken
    # What is known leads, since "I don't know" tells nothing else.
    (fact, value), *rest = sorted(answer.items(), key=lambda told: told[1] is None)
    if value is not None:
        async for event in conversation.answer(fact, value, dict(rest)):
            yield event
        return
    for fact in answer:
        async for event in conversation.answer(fact, None):
            yield event


async def turn(conversation: Any, events: AsyncIterator[Any]) -> dict[str, Any]:
    """One turn as the JSON of the contract."""
    from agent import events as e
    from agent.shown import closing

    opening, said, question, further, recommendation, notes = "", "", None, None, None, []
    half = e.Understood({})
    async for event in events:
        if isinstance(event, e.Understood) and event.suggestions:
            half = event
        elif isinstance(event, e.Understood):
            opening = event.text or opening
        elif isinstance(event, e.Said):
            said = event.text if event.replaces else said + event.text
        elif isinstance(event, e.Asked):
            question = event.question
        elif isinstance(event, e.CouldAsk):
            further = event.question
        elif isinstance(event, e.Recommended):
            recommendation = event
            question = further = None
        elif isinstance(event, e.Incomplete):
            notes.append(event.reason)
    parts = [
        opening,
        said.strip(),
        half.text,
        closing(recommendation, question, conversation.case.facts_now().known(), conversation.case.language),
    ]
    out: dict[str, Any] = {"say": "\n\n".join(p for p in parts if p)}
    out |= {
        "ask": _asked(question) if question else None,
        "facts": conversation.case.facts_now().known(),
        "recommendation": _json(recommendation.recommendation)
        if recommendation
        else standing(conversation)["recommendation"],
    }
    if half.suggestions:
        out["suggestions"] = [{"fact": f, "value": n.value, "quote": n.quote} for f, n in half.suggestions.items()]
    if further:
        out["could_ask"] = _asked(further)
    if notes:
        out["notes"] = notes
    return out


def standing(conversation: Any) -> dict[str, Any]:
    """The parts of an answer that a line in error leaves as they were."""
    question = conversation.question()
    return {
        "say": "",
        "ask": _asked(question) if question else None,
        "facts": conversation.case.facts_now().known(),
        "recommendation": _json(conversation.recommendation()),
    }


def _asked(question: Any) -> dict[str, Any]:
    """A question as JSON; `also` (told besides), `groups`, `proposed` and `heard` only where there are any."""
    shown = {"fact", "question", "why", "options", "groups", "proposed", "heard"}
    result: dict[str, Any] = question.model_dump(mode="json", include=shown, exclude_defaults=True)
    return result


def _json(recommendation: Any) -> dict[str, Any] | None:
    """A recommendation as JSON; null while nothing points anywhere yet."""
    if recommendation.status == "ask" and recommendation.decision is None:
        return None
    result: dict[str, Any] = recommendation.model_dump(mode="json", by_alias=True)
    return result


def offered(question: dict[str, Any]) -> list[str]:
    """The answers by number; many of them by group."""
    named = [f"{number}. {option['label']}" for number, option in enumerate(question.get("options", ()), 1)]
    groups = question.get("groups") or ()
    return [f"{g['label']}: {'  '.join(named[n] for n in g['options'])}" for g in groups] or named


def proposed_line(question: dict[str, Any], language: str) -> str:
    """Did I hear right: the value that a question proposes, with the words it was half heard in."""
    from agent.say import book, value_label

    value = value_label(question["fact"], question["proposed"], language)
    return str(book(language)["proposed"]).format(value=value, quote=question["heard"])


def spoken_here() -> str:
    """The terminal's language as the environment tells it, where it is one of ours; else English."""
    told = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return told[:2] if told[:2] in ("de", "es", "fr", "zh") else "en"


async def _people(conversation: Any) -> None:
    from agent.say import book

    conversation.case.language = spoken_here()
    click.echo(book(conversation.case.language)["greeting"])
    while True:
        try:
            line = await asyncio.to_thread(input, "\n> ")
        except (EOFError, RuntimeError):  # the end, or no standard input at all
            click.echo()
            return
        if not line.strip():
            continue
        out = await turn(conversation, conversation.say(line))
        for note in out.get("notes", ()):
            click.echo(f"({note})", err=True)
        click.echo(f"\n{out['say']}")
        further = out.get("could_ask")
        if further:
            click.echo(f"\n{book(conversation.case.language)['sharpen']}\n{further['question']}")
        asked: dict[str, Any] = out["ask"] or further or {}
        for line in offered(asked):
            click.echo(f"  {line}")
        if "heard" in asked:
            click.echo(f"  {proposed_line(asked, conversation.case.language)}")
