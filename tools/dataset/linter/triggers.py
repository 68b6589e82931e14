"""The filter before the rules that look at text: one pass of one automaton over raw lines says which rules may find.

Many lines are read at once. The automaton is vectorised, so most of it costs a few bytes' worth of time per hundred.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from tools.dataset.linter.automaton import automaton
from tools.dataset.linter.rule import Rule

ASCII_ESCAPE = rb"[^\\](?:\\\\)*\\u00[2-7]"
"""An ASCII character written as an escape hides from a pattern over raw bytes: then every rule looks.
After an even number of backslashes the last of them begins the escape."""
SPACED_COLON = rb'[^\\]"[ \t\r][ \t\r:]'
"""A space before a colon would hide a key from a count of keys; after a backslash the quote stands inside a text."""
LATE_KEY = rb',[ \t\r]*"(?:role|messages)":'
"""A `role` or `messages` that is not the first key of its object: unusual, and what a second one must look like."""
_SPELLINGS = (SPACED_COLON, LATE_KEY)


class Marks(NamedTuple):
    """What the filter says of some lines."""

    rules: dict[int, list[Rule]]
    """The rules that must look at a line, by its index."""
    all_rules: set[int]
    """Indexes of the lines that every rule must look at."""
    late_keys: bool
    """Whether LATE_KEY stands in some line."""


NO_MARKS = Marks({}, set(), False)


class _Scanner:
    """Finds patterns in lines."""

    def __init__(self, patterns: tuple[bytes, ...]) -> None:
        import hyperscan

        self._database = automaton(patterns)
        self._scratch = hyperscan.Scratch(self._database)
        """Room to work in: the automaton is shared between threads, this is not."""

    def hits(self, text: bytes, breaks: Sequence[int]) -> list[tuple[int, int]]:
        """(which pattern, index of a line where it ends), in order, each once."""
        hits: set[tuple[int, int]] = set()

        def hit(which: int, start: int, end: int, flags: int, context: object) -> None:
            hits.add((which, bisect_left(breaks, end - 1)))

        self._database.scan(text, match_event_handler=hit, scratch=self._scratch)
        return sorted(hits)


class Triggers:
    """Which of some rules raw lines concern.

    Args:
        rules: those with triggers.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._whose: list[Rule | None] = [None, *(rule for rule in rules for _ in rule.triggers)]
        self._scanner = _Scanner((ASCII_ESCAPE, *(p for rule in rules for p in rule.triggers)))
        self._spellings: _Scanner | None = None

    def mark(self, text: bytes, breaks: Sequence[int]) -> Marks:
        """Say which rules must look at which lines.

        Args:
            text: lines that stand together.
            breaks: places of the line breaks in it.
        """
        hits = self._scanner.hits(text, breaks)
        if not hits:
            return NO_MARKS
        marks = Marks({}, set(), False)
        for which, index in hits:  # the patterns stand in the order of their rules
            rule = self._whose[which]
            if rule is None:
                marks.all_rules.add(index)
            elif rule not in (known := marks.rules.setdefault(index, [])):
                known.append(rule)
        return marks

    def mark_keys(self, text: bytes, breaks: Sequence[int]) -> Marks:
        """As `mark`, and what must be known where keys are counted."""
        marks = self.mark(text, breaks)
        # Apart: the sieve reads keys itself, and with these patterns the automaton takes a third longer.
        self._spellings = self._spellings or _Scanner(_SPELLINGS)
        hits = self._spellings.hits(text, breaks)
        spaced = {index for which, index in hits if _SPELLINGS[which] == SPACED_COLON}
        return Marks(marks.rules, marks.all_rules | spaced, len(hits) > len(spaced))

    def of(self, raw: bytes) -> Sequence[Rule]:
        """The rules that must look at one line, in order of their ids."""
        marks = self.mark(raw, ())
        return self._rules if marks.all_rules else marks.rules.get(0, ())
