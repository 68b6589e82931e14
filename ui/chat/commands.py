"""Commands of the composer: what a practitioner types instead of looking for a button."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from agent.case import DatasetRef
from tools.errors import RefusedError
from ui.chat import journey
from ui.chat.talk import Talk
from ui.chat.words import Words

Do = Callable[[Talk], Awaitable[None]]


class Command(NamedTuple):
    """One command; its description is in the words, under its name."""

    icon: str
    """Name of a Lucide icon that Chainlit carries."""
    do: Do


def _file(talk: Talk) -> DatasetRef:
    """The newest file of the conversation."""
    if files := talk.case.files():
        return files[-1]
    raise RefusedError("there is no file in this conversation yet", remedy="Drop one into the box, then try again.")


async def _lint(talk: Talk) -> None:
    await journey.check(talk, _file(talk))


async def _split(talk: Talk) -> None:
    await journey.set_aside(talk, _file(talk))


async def _cost(talk: Talk) -> None:
    await journey.price(talk, _file(talk), {})


async def _ladder(talk: Talk) -> None:
    await journey.climb(talk, _file(talk).id, {})


async def _plan(talk: Talk) -> None:
    await journey.propose(talk, _file(talk).id)


async def _compare(talk: Talk) -> None:
    if not talk.case.jobs:
        raise RefusedError("there is no job in this conversation yet", remedy="Plan one and approve it first.")
    await journey.score_tuned(talk, talk.case.jobs[-1])


async def _distill(talk: Talk) -> None:
    await journey.distil(talk)


async def _raft(talk: Talk) -> None:
    await journey.raft(talk)


async def _report(talk: Talk) -> None:
    await journey.page(talk)


async def _link(talk: Talk) -> None:
    await journey.link(talk)


async def _beside(talk: Talk) -> None:
    await journey.beside(talk)


async def _teach(talk: Talk) -> None:
    await journey.teach(talk)


COMMANDS: dict[str, Command] = {
    "lint": Command("list-checks", _lint),
    "split": Command("split", _split),
    "cost": Command("coins", _cost),
    "ladder": Command("chart-no-axes-column-increasing", _ladder),
    "plan": Command("clipboard-list", _plan),
    "compare": Command("scale", _compare),
    "distill": Command("school", _distill),
    "raft": Command("book-open-check", _raft),
    "report": Command("file-text", _report),
    "link": Command("link", _link),
    "beside": Command("columns-2", _beside),
    "teach": Command("graduation-cap", _teach),
}


def listed(w: Words) -> list[Any]:
    """As the composer shows them."""
    return [
        {"id": name, "description": w(f"commands.{name}"), "icon": c.icon, "button": False, "persistent": False}
        for name, c in COMMANDS.items()
    ]


def wanted(text: str, chosen: str | None) -> str | None:
    """The command that a message is: chosen in the composer, or typed as `/name` or as its name alone."""
    if chosen in COMMANDS:
        return chosen
    word = text.strip().lower().removeprefix("/")
    if word in COMMANDS and (text.strip().startswith("/") or word not in ("cost", "plan")):
        return word
    return "teach" if word in TEACH else None


TEACH = {"teach me", "tour", "bring es mir bei", "enséñame", "apprends-moi", "教我"}
