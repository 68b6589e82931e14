"""One thread's conversation in this process: loaded from its case, saved after every turn, one turn at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.case import Case, Persona
from agent.merge import merged
from agent.turn import Conversation
from tools.errors import NotFoundError, RefusedError
from tools.records.cases import load_case, save_case
from ui.advice import note_advice
from ui.chat.warm import warmed
from ui.chat.words import Words, words

PERSONAS: dict[str, Persona] = {
    "Newcomer": "newcomer",
    "Practitioner": "practitioner",
    "Decision-maker": "decision_maker",
}

UNTITLED = "New case"
"""As the store has it; a screen says it in its own language."""
ATTEMPTS = 5
"""How often a case that others keep storing is merged and stored again."""


class Talk:
    """A conversation and the thread it belongs to."""

    def __init__(
        self, thread_id: str, owner: str, case: Case, cards: dict[str, list[str]] | None = None, version: int = 0
    ) -> None:
        self.thread_id, self.owner = thread_id, owner
        self._version = version
        self._stored = case.model_copy(deep=True) if version else Case(id=case.id, created=case.created)
        """The case as it was when it was last read or stored: what another window changed is told by it."""
        self.cards = cards or {}
        """Job id -> the card that shows it (element id, message id), so that a restart can paint it on."""
        self.conversation = Conversation(case, owner=owner)
        self._turn = asyncio.Lock()

    @property
    def case(self) -> Case:
        """What the conversation knows."""
        return self.conversation.case

    @property
    def words(self) -> Words:
        """The chat's fixed words in the person's language."""
        return words(self.case.language)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Conversation]:
        """One turn: others wait, and the case is saved at the end, also when the turn fails half way."""
        await warmed()
        async with self._turn:
            await asyncio.to_thread(self.catch_up)
            try:
                yield self.conversation
            finally:
                await asyncio.shield(asyncio.to_thread(self.save))

    async def refresh(self) -> None:
        """Take in what was stored beside this talk, such as another language chosen for the screen."""
        async with self._turn:
            await asyncio.to_thread(self.catch_up)

    def catch_up(self) -> None:
        """Take in what another window or program stored since this one last looked."""
        try:
            stored = load_case(self.thread_id, self.owner)
        except NotFoundError:
            return
        if stored.version == self._version:
            return
        theirs = Case.model_validate(stored.document["case"])
        both = merged(self._stored, self.case, theirs)
        for field in Case.model_fields:  # in place: work that runs holds this very case
            setattr(self.case, field, getattr(both, field))
        self.cards = {**stored.document["cards"], **self.cards}
        self._stored, self._version = theirs, stored.version

    def save(self) -> None:
        """Store the case as it stands, and the advice that stands in it. Nothing that others stored is overwritten.

        Raises:
            RefusedError: others stored it each time anew.
        """
        for attempt in range(ATTEMPTS):
            said = next((line.text for line in self.case.chat if line.role == "user"), "")
            files = self.case.files()  # a case that began with a file is known by it
            title = " ".join(said.split())[:80] or (files[0].name if files else UNTITLED)
            document = {"case": self.case.model_dump(mode="json"), "cards": self.cards}
            try:
                stored = save_case(self.thread_id, self.owner, title, document, expected_version=self._version)
            except RefusedError:
                if attempt == ATTEMPTS - 1:
                    raise
                self.catch_up()
            else:
                self._version, self._stored = stored.version, self.case.model_copy(deep=True)
                break
        note_advice(self.owner, self.case)


_talks: dict[str, Talk] = {}


async def talk_for(thread_id: str, owner: str, profile: str | None, *, language: str = "en") -> Talk:
    """The thread's talk: the one in memory, the one on disk, or a new one, in the browser's language at first."""
    talk = _talks.get(thread_id)
    if talk is not None and talk.owner == owner:
        return talk
    try:
        stored = await asyncio.to_thread(load_case, thread_id, owner)
        case, cards = Case.model_validate(stored.document["case"]), stored.document["cards"]
        version = stored.version
    except NotFoundError:
        version = 0
        case = Case.model_validate(
            {"id": thread_id, "persona": PERSONAS.get(profile or "", "newcomer"), "language": language}
        )
        cards = {}
    return _talks.setdefault(thread_id, Talk(thread_id, owner, case, cards, version))


def forget_closed(open_threads: set[str]) -> None:
    """Let go of talks that no window shows; their cases are on disk."""
    for thread_id in [t for t in _talks if t not in open_threads]:
        _talks.pop(thread_id)
