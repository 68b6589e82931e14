"""The checks that cost more than reading: near-duplicates and languages. For files up to a size, or when asked."""

import re
from collections import Counter
from typing import NamedTuple

from tools.dataset.near import NearIndex, shared_opening

_SCRIPTS = re.compile(
    r"(?P<latin>[A-Za-zÀ-ɏ]+)|(?P<cyrillic>[Ѐ-ӿ]+)|(?P<arabic>[؀-ۿ]+)|(?P<hebrew>[֐-׿]+)"
    r"|(?P<devanagari>[ऀ-ॿ]+)|(?P<greek>[Ͱ-Ͽ]+)|(?P<thai>[฀-๿]+)|(?P<kana>[぀-ヿ]+)|(?P<hangul>[가-힯]+)|(?P<han>[一-鿿]+)"
)
FIRST = 50
"""Examples that show whether questions begin with a template."""
LOOKED_AT = 2_000
"""Characters of a text that decide its script."""


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
        self.scripts: Counter[tuple[str, str]] = Counter()
        """(script of the question, of the answer) -> examples."""
        self.script_lines: dict[tuple[str, str], list[int]] = {}

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
        pair = (script(question), script(answer))
        self.scripts[pair] += 1
        lines = self.script_lines.setdefault(pair, [])
        if len(lines) < 1_000:
            lines.append(line)


def script(text: str) -> str:
    """The script most letters of a text belong to; empty when there are hardly any. Kana makes Han Japanese."""
    if text.isascii():
        return "latin" if sum(map(str.isalpha, text[:LOOKED_AT])) >= 12 else ""
    counts: Counter[str] = Counter()
    for found in _SCRIPTS.finditer(text[:LOOKED_AT]):
        counts[str(found.lastgroup)] += found.end() - found.start()
    if counts["kana"]:
        counts["han"], counts["kana"] = 0, counts["kana"] + counts["han"]
    if sum(counts.values()) < 12:
        return ""
    name, most = counts.most_common(1)[0]
    return name if most >= 0.7 * counts.total() else "mixed"
