"""The filter before the rules that look at text: one pass of one automaton over raw lines says which rules may find.

Many lines are read at once; only where a pattern hits, that pattern alone looks for the lines it stands in.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from tools.dataset.linter.rule import Rule

ASCII_ESCAPE = rb"[^\\](?:\\\\)*\\u00[2-7]"
"""An ASCII character written as an escape hides from a pattern over raw bytes: then every rule looks.
After an even number of backslashes the last of them begins the escape."""
SPACED_COLON = rb'[^\\]"[ \t\r]+:'
"""A space before a colon would hide a key from a count of keys; after a backslash the quote stands inside a text."""
LATE_KEY = rb',[ \t\r]*"(?:role|messages)":'
"""A `role` or `messages` that is not the first key of its object: unusual, and what a second one must look like."""
MAX_MEMORY = 12 << 20
"""Bytes the automaton may take; it is built as text goes by, and anew when they are used up."""
_REPEAT = re.compile(rb"\{(\d+),(\d+)\}")
_FEW = 9


def widened(pattern: bytes) -> bytes:
    """A pattern that matches wherever the given one does, with fewer states: repetition without a high upper bound.

    The filter may let too much through, never too little; the bounds are kept by the rule itself.
    """
    return _REPEAT.sub(lambda m: m[0] if int(m[2]) <= _FEW else b"{%s,}" % m[1], pattern)


class Marks(NamedTuple):
    """What the filter says of some lines."""

    rules: dict[int, list[Rule]]
    """The rules that must look at a line, by its index."""
    all_rules: set[int]
    """Indexes of the lines that every rule must look at."""
    late_keys: bool
    """Whether LATE_KEY stands in some line."""


NO_MARKS = Marks({}, set(), False)


class Triggers:
    """Which of some rules raw lines concern.

    Args:
        rules: those with triggers.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        import re2

        self._rules = tuple(rules)
        self._options = re2.Options()
        self._options.encoding = re2.Options.Encoding.LATIN1
        self._options.log_errors = False
        self._options.never_capture = True
        self._options.max_mem = MAX_MEMORY
        self._patterns: list[tuple[bytes, Rule | None]] = [(p, None) for p in (ASCII_ESCAPE, SPACED_COLON, LATE_KEY)]
        self._patterns += [(widened(p), rule) for rule in rules for p in rule.triggers]
        self._single: dict[int, Any] = {}
        self._set: Any = re2.Set.SearchSet(self._options)
        for pattern, _ in self._patterns:
            self._set.Add(pattern)
        self._set.Compile()

    def mark(self, text: bytes, breaks: Sequence[int]) -> Marks:
        """Say which rules must look at which lines.

        Args:
            text: lines that stand together.
            breaks: places of the line breaks in it.
        """
        hit = self._set.Match(text)
        if not hit:
            return NO_MARKS
        marks = Marks({}, set(), _LATE in hit)
        for which in sorted(hit):  # the patterns stand in the order of their rules
            if which == _LATE:
                continue
            rule = self._patterns[which][1]
            for index in self._lines_with(which, text, breaks):
                if rule is None:
                    marks.all_rules.add(index)
                elif rule not in (known := marks.rules.setdefault(index, [])):
                    known.append(rule)
        return marks

    def _lines_with(self, which: int, text: bytes, breaks: Sequence[int]) -> list[int]:
        """Indexes of the lines in which a match of one pattern begins."""
        if not breaks:
            return [0]
        search = self._single.get(which)
        if search is None:
            import re2

            search = self._single[which] = re2.compile(self._patterns[which][0], self._options).search
        found: list[int] = []
        at = 0
        while match := search(text, at):
            index = bisect_left(breaks, match.start())
            found.append(index)
            if index == len(breaks):
                break
            at = breaks[index] + 1
        return found

    def of(self, raw: bytes) -> Sequence[Rule]:
        """The rules that must look at one line, in order of their ids."""
        marks = self.mark(raw, ())
        return self._rules if marks.all_rules else marks.rules.get(0, ())


_LATE = 2
"""Place of LATE_KEY among the patterns."""
