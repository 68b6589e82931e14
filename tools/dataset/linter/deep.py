"""The checks that cost more than reading: near-duplicates and languages. For files up to a size, or when asked.

Of larger files only a few numbers of each text are kept, and the texts that may be alike are read again at the end.
"""

import re
from collections.abc import Callable, Iterable

from tools.dataset.example import Example
from tools.dataset.linter.language import asks_for_another, differ, language
from tools.dataset.near import Near, NearIndex, shared_opening
from tools.dataset.near_later import Later

FIRST = 50
"""Examples that show whether questions begin with a template."""
MAX_LINES = 1_000
_IMAGE = re.compile(r"\x1f(?:\{|https?:|gs:|data:)")
"""How a turn that holds an image says so."""


MOST_CHARS = 64_000_000
"""Of texts that are read again."""
Again = Callable[[set[int]], Iterable[Example]]
"""Reads the examples of some lines again."""


def asked_and_answered(example: Example) -> tuple[str, str]:
    """What is compared of an example: the input without its system prompt, and every answer."""
    target = example.target
    answers = [*example.chosen, *example.rejected] or ([target] if target else [])
    asked = [t.said for t in example.prompt if t.role not in ("system", "developer")]
    return "\n".join(asked), "\n".join(t.said for t in answers)


class Deep:
    """Watches examples go by.

    Args:
        least: similarity from which two examples are near-duplicates.
        against: for a second file, the watch of the first: nothing is added, only compared.
        large: whether the texts are too many to keep; `settle` then finds the near-duplicates.
    """

    def __init__(self, least: float, against: "Deep | None" = None, *, large: bool = False) -> None:
        self._against = against
        self._later: Later | None = None
        if large or (against is not None and against._later is not None):
            self._later = Later(least, against._later if against is not None else None)
        self._again: Again | None = None
        self._index: NearIndex = against._index if against is not None else NearIndex(least)
        self._lines: list[int] = against._lines if against is not None else []
        self._waiting: list[tuple[int, str, str]] | None = [] if against is None else None
        self.template: str = "" if against is None else against.template
        """What the first questions all begin with; it says nothing of likeness."""
        self.near: list[Near] = []
        self.judged = 0
        """Examples with letters enough on both sides to tell a script at least."""
        self.other_language: dict[tuple[str, str], list[int]] = {}
        """(language of the question, of the answer) -> lines, where they differ unasked."""

    def see(self, line: int, question: str, answer: str) -> None:
        """Look at one example."""
        if self._waiting is None:
            self._see(line, question, answer)
            return
        self._waiting.append((line, question, answer))
        if len(self._waiting) >= FIRST:
            self.finish()

    def finish(self) -> None:
        """Look at what waited for the template to be known."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.template = shared_opening([question for _, question, _ in waiting])
            for example in waiting:
                self._see(*example)

    def _see(self, line: int, question: str, answer: str) -> None:
        if _IMAGE.search(question):  # two images under one question are two examples
            return
        text = self._compared(question, answer)
        if self._later is not None:
            self._later.add(line, text)
            if self._against is None:
                self._languages(line, question, answer)
            return
        if self._against is not None:
            found = self._index.match(text)
            if found is not None:
                self.near.append(Near(line, self._lines[found[0]], found[1]))
            return
        matched = self._index.match_and_add(text)
        self._lines.append(line)
        if matched is not None:
            self.near.append(Near(line, self._lines[matched[1]], matched[2]))
        self._languages(line, question, answer)

    def _compared(self, question: str, answer: str) -> str:
        return f"{question.removeprefix(self.template)}\n{answer}"

    def _languages(self, line: int, question: str, answer: str) -> None:
        asked, answered = language(question), language(answer)
        self.judged += bool(asked and answered)
        if differ(asked, answered) and not asks_for_another(question):
            lines = self.other_language.setdefault((asked, answered), [])
            if len(lines) < MAX_LINES:
                lines.append(line)

    def settle(self, again: Again) -> None:
        """Of a large file: compare the texts that may be alike. Nothing to do for others.

        Args:
            again: reads the examples of some lines again.
        """
        self._again = again
        if self._later is not None:
            self.near = self._later.pairs(self._texts, self._against._texts if self._against is not None else None)

    def _texts(self, lines: set[int]) -> dict[int, str]:
        texts: dict[int, str] = {}
        room = MOST_CHARS
        for example in self._again(lines) if self._again is not None and lines else ():
            text = self._compared(*asked_and_answered(example))
            room -= len(text)
            if room < 0:
                break
            texts[example.line] = text
        return texts

    @property
    def note(self) -> str:
        """What was not compared; empty when all was."""
        later = self._later
        if later is None or later.compared >= later.likely:
            return ""
        return f"{later.likely:,} examples may nearly repeat another; {later.compared:,} of them were compared"
