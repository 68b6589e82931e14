"""The checks that cost more than reading: near-duplicates and languages. For files up to a size, or when asked."""

import re
from typing import NamedTuple

from tools.dataset.linter.language import asks_for_another, differ, language
from tools.dataset.near import NearIndex, shared_opening

FIRST = 50
"""Examples that show whether questions begin with a template."""
MAX_LINES = 1_000
_IMAGE = re.compile(r"\x1f(?:\{|https?:|gs:|data:)")
"""How a turn that holds an image says so."""


class Near(NamedTuple):
    """An example that nearly repeats another."""

    line: int
    other: int
    alike: float


class Deep:
    """Watches examples go by.

    Args:
        least: similarity from which two examples are near-duplicates.
        against: for a second file, the watch of the first: nothing is added, only compared.
    """

    def __init__(self, least: float, against: "Deep | None" = None) -> None:
        self._against = against
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
        text = f"{question.removeprefix(self.template)}\n{answer}"
        if self._against is not None:
            found = self._index.match(text)
            if found is not None:
                self.near.append(Near(line, self._lines[found[0]], found[1]))
            return
        matched = self._index.match_and_add(text)
        self._lines.append(line)
        if matched is not None:
            self.near.append(Near(line, self._lines[matched[1]], matched[2]))
        asked, answered = language(question), language(answer)
        self.judged += bool(asked and answered)
        if differ(asked, answered) and not asks_for_another(question):
            lines = self.other_language.setdefault((asked, answered), [])
            if len(lines) < MAX_LINES:
                lines.append(line)
