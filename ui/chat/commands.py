"""Commands of the composer: what a practitioner types instead of looking for a button."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from agent.case import DatasetRef
from tools.errors import RefusedError
from ui.chat import journey
from ui.chat.talk import Talk
from ui.chat.words import Words

Do = Callable[[Talk, str], Awaitable[None]]
"""What a command does in a conversation, with what was written after its name."""


class Command(NamedTuple):
    """One command; its description is in the words, under its name."""

    icon: str
    """Name of a Lucide icon that Chainlit carries."""
    do: Do


def _file(talk: Talk, named: str) -> DatasetRef:
    """The file of the conversation with this name or id; the newest where none is named.

    Raises:
        RefusedError: there is no file, or none of that name.
    """
    files = talk.case.files()
    if not files:
        raise RefusedError("there is no file in this conversation yet", remedy="Drop one into the box, then try again.")
    if not named:
        return files[-1]
    for ref in reversed(files):
        if named.casefold() in (ref.name.casefold(), ref.id):
            return ref
    names = ", ".join(dict.fromkeys(ref.name for ref in files))
    raise RefusedError(talk.words("commanded.no_such_file", named=named, names=names))


async def _lint(talk: Talk, named: str) -> None:
    await journey.check(talk, _file(talk, named))


async def _split(talk: Talk, named: str) -> None:
    await journey.set_aside(talk, _file(talk, named))


async def _cost(talk: Talk, named: str) -> None:
    await journey.price(talk, _file(talk, named), {})


async def _ladder(talk: Talk, named: str) -> None:
    await journey.climb(talk, _file(talk, named).id, {})


async def _plan(talk: Talk, named: str) -> None:
    await journey.propose(talk, _file(talk, named).id)


async def _compare(talk: Talk, named: str) -> None:
    jobs = talk.case.jobs
    if not jobs:
        raise RefusedError("there is no job in this conversation yet", remedy="Plan one and approve it first.")
    if named and named not in jobs:
        raise RefusedError(talk.words("commanded.no_such_job", named=named, names=", ".join(jobs)))
    await journey.score_tuned(talk, named or jobs[-1])


def _alone(name: str, do: Callable[[Talk], Awaitable[None]]) -> Do:
    """A command that takes nothing after its name; what was written there is never passed over in silence."""

    async def refuses_more(talk: Talk, said: str) -> None:
        if said:
            raise RefusedError(talk.words("commanded.takes_nothing", name=name))
        await do(talk)

    return refuses_more


COMMANDS: dict[str, Command] = {
    "lint": Command("list-checks", _lint),
    "split": Command("split", _split),
    "cost": Command("coins", _cost),
    "ladder": Command("chart-no-axes-column-increasing", _ladder),
    "plan": Command("clipboard-list", _plan),
    "compare": Command("scale", _compare),
    "distill": Command("school", _alone("distill", journey.distil)),
    "raft": Command("book-open-check", _alone("raft", journey.raft)),
    "report": Command("file-text", _alone("report", journey.page)),
    "link": Command("link", _alone("link", journey.link)),
    "beside": Command("columns-2", _alone("beside", journey.beside)),
    "teach": Command("graduation-cap", _alone("teach", journey.teach)),
}
UNKNOWN = "?"
"""What a message is that begins like a command and names none."""
TEACH = {"teach me", "tour", "bring es mir bei", "enséñame", "apprends-moi", "教我"}
_TYPED = re.compile(r"/ ?([a-z]+)(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)
"""A slash, a name, and what follows: a path, which has a second slash, is none."""


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
    if typed := _TYPED.fullmatch(text.strip()):
        name = typed[1].lower()
        return name if name in COMMANDS else UNKNOWN
    word = text.strip().lower()
    if word in COMMANDS and word not in ("cost", "plan"):  # said in one word, these are facts
        return word
    return "teach" if word in TEACH else None


async def run(talk: Talk, command: str, text: str, chosen: str | None) -> None:
    """Do what a message commands.

    Raises:
        RefusedError: there is no such command, file or job, or it takes nothing after its name.
    """
    typed = _TYPED.fullmatch(text.strip())
    if command == UNKNOWN:
        names = ", ".join(f"/{name}" for name in COMMANDS)
        raise RefusedError(talk.words("commanded.unknown", name=typed[1] if typed else text, names=names))
    after = text if chosen in COMMANDS else (typed[2] or "" if typed else "")
    await COMMANDS[command].do(talk, after.strip())
