"""The filter before the rules that look at text: one pass of one automaton over the raw line says which may find."""

import re
from collections.abc import Sequence
from typing import Any

from tools.dataset.linter.rule import Rule

ASCII_ESCAPE = rb"\\u00[2-7]"
"""An ASCII character written as an escape hides from a pattern over raw bytes: then every rule looks."""
MAX_MEMORY = 12 << 20
"""Bytes the automaton may take; it is built as text goes by, and anew when they are used up."""
_REPEAT = re.compile(rb"\{(\d+),(\d+)\}")
_FEW = 9


def widened(pattern: bytes) -> bytes:
    """A pattern that matches wherever the given one does, with fewer states: repetition without a high upper bound.

    The filter may let too much through, never too little; the bounds are kept by the rule itself.
    """
    return _REPEAT.sub(lambda m: m[0] if int(m[2]) <= _FEW else b"{%s,}" % m[1], pattern)


class Triggers:
    """Which of some rules a raw line concerns.

    Args:
        rules: those with triggers.
        also: further patterns after which no line passes unseen.
    """

    def __init__(self, rules: Sequence[Rule], also: Sequence[bytes] = ()) -> None:
        self._rules = tuple(rules)
        self._owner: dict[int, Rule] = {}
        self._set: Any = None
        if rules or also:
            import re2

            options = re2.Options()
            options.encoding = re2.Options.Encoding.LATIN1
            options.log_errors = False
            options.max_mem = MAX_MEMORY
            self._set = re2.Set.SearchSet(options)
            self._set.Add(ASCII_ESCAPE)
            for rule in rules:
                for pattern in rule.triggers:
                    self._owner[self._set.Add(widened(pattern))] = rule
            for pattern in also:
                self._set.Add(pattern)
            self._set.Compile()

    def concerns(self, raw: bytes) -> bool:
        """Whether any rule must look at some of these lines, or a pattern of `also` stands in them."""
        return self._set is not None and bool(self._set.Match(raw))

    def of(self, raw: bytes) -> Sequence[Rule]:
        """The rules that must look at the line, in order of their ids."""
        if self._set is None:
            return ()
        hit = self._set.Match(raw)
        if not hit:
            return ()
        if 0 in hit:
            return self._rules
        wanted = {self._owner[i].id for i in hit if i in self._owner}
        return [r for r in self._rules if r.id in wanted]
