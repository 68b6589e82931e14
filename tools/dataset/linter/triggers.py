"""The filter before the rules that look at text: one pass of one automaton over the raw line says which may find."""

from collections.abc import Sequence
from typing import Any

from tools.dataset.linter.rule import Rule

ASCII_ESCAPE = rb"\\u00[2-7]"
"""An ASCII character written as an escape hides from a pattern over raw bytes: then every rule looks."""


class Triggers:
    """Which of some rules a raw line concerns."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._owner: list[Rule] = []
        self._set: Any = None
        if rules:
            import re2

            options = re2.Options()
            options.encoding = re2.Options.Encoding.LATIN1
            options.log_errors = False
            options.max_mem = 12 << 20
            self._set = re2.Set.SearchSet(options)
            self._set.Add(ASCII_ESCAPE)
            for rule in rules:
                for pattern in rule.triggers:
                    self._set.Add(pattern)
                    self._owner.append(rule)
            self._set.Compile()

    def concerns(self, raw: bytes) -> bool:
        """Whether any rule must look at the line."""
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
        wanted = {self._owner[i - 1].id for i in hit}
        return [r for r in self._rules if r.id in wanted]
