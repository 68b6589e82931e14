"""The checks that cost more than reading: near-duplicates and languages. For files up to a size, or when asked."""

import re
from collections.abc import Callable, Iterable, Iterator

from tools.dataset.example import Example
from tools.dataset.linter.language import asks_for_another, differ, language
from tools.dataset.near import Near, shared_opening
from tools.progress import Progress, silent

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
    """

    def __init__(self, least: float, against: "Deep | None" = None) -> None:
        from tools.dataset.near_index import NearIndex

        self._against = against
        self._again: Again | None = None
        self._index: NearIndex = NearIndex(least, None if against is None else against._index)
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
        self._index.add(line, self._compared(question, answer))
        if self._against is None:
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

    def settle(self, again: Again, progress: Progress = silent) -> None:
        """Find the near-duplicates, once all examples have gone by.

        Args:
            again: reads the examples of some lines again.
            progress: told now and then; it may raise CancelledError.
        """
        self._again = again
        first = self._against._texts if self._against is not None else None
        self.near = self._index.pairs(self._texts, first, progress)

    def _texts(self, lines: set[int]) -> Iterator[tuple[int, str]]:
        room = MOST_CHARS
        for example in self._again(lines) if self._again is not None and lines else ():
            text = self._compared(*asked_and_answered(example))
            room -= len(text)
            if room < 0:
                return
            yield example.line, text

    @property
    def note(self) -> str:
        """What was not compared; empty when all was."""
        return self._index.note
