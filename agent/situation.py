"""Facts as the rules read them: values, signals drawn from several facts, and a note of every fact that was read."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from agent.conditions import Test, compile_when
from agent.facts import FACT_NAMES
from knowledge import rules as book

_FACTS = frozenset(FACT_NAMES)
CODED = frozenset({"hosted", "tuning_open"})
"""Signals that need text matching and so stand in code."""


@cache
def signal_names() -> frozenset[str]:
    """Every signal a condition may name."""
    return frozenset(book.signals()) | CODED


def compiled(when: Mapping[str, Any], where: str) -> Test:
    """A condition of knowledge/decision/ as a function."""
    return compile_when(when, signal_names(), where)


@cache
def _signals() -> dict[str, tuple[tuple[Test, bool | str], ...]]:
    return {
        name: tuple((compiled(case.when, f"signals.yaml: {name}"), case.value) for case in cases)
        for name, cases in book.signals().items()
    }


class Situation:
    """One reading of the facts.

    What a conclusion rests on can only be what was read: a fact that is not in `reads` cannot change it. Asking and
    looking for flips lean on that.
    """

    __slots__ = ("_found", "outcome", "reads", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Args: values: known facts by name; a missing name or None is unknown."""
        self.values = values
        self.reads: set[str] = set()
        self.outcome: dict[str, str | None] = {}
        self._found: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The value of a fact, a signal, or (once concluded) of the outcome; None when unknown."""
        if name in _FACTS:
            self.reads.add(name)
            return self.values.get(name)
        if name in self.outcome:
            return self.outcome[name]
        if name not in self._found:
            self._found[name] = self._coded(name) if name in CODED else self._signal(name)
        return self._found[name]

    def _signal(self, name: str) -> Any:
        for test, value in _signals().get(name, ()):
            if test(self):
                return value
        return None

    def _coded(self, name: str) -> bool | None:
        host = find_host(self.get("provider"), self.get("base_model"))
        if host is None:
            return None
        return host.hosted if name == "hosted" else host.tuning != "closed"


def find_host(provider: str | None, base_model: str | None) -> book.Host | None:
    """Where this base would be tuned, as far as the names tell; the provider's name weighs more."""
    if provider:
        words = provider.lower().replace("-", " ").replace("_", " ")
        for host in book.hosts().values():
            if any(f" {name} " in f" {words} " for name in host.names):
                return host
    if base_model:
        name = base_model.lower().strip().removeprefix("ft:").rsplit("/", 1)[-1]
        for host in book.hosts().values():
            if any(name.startswith(prefix) for prefix in host.base_prefixes):
                return host
    return None
