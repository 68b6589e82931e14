"""Facts as the rules read them: values, signals drawn from several facts, and a note of every fact that was read."""

from collections.abc import Mapping, Set
from functools import cache
from typing import Any

from agent.conditions import Test, compile_when
from agent.facts import FACT_NAMES
from knowledge import rules as book

_FACTS = frozenset(FACT_NAMES)
CODED = frozenset({"host", "hosted", "tuning_open"})
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

    __slots__ = ("_found", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Args: values: known facts by name; a missing name or None is unknown."""
        self.values = values
        self._found: dict[str, Any] = {}

    @property
    def reads(self) -> Set[str]:
        """Every fact that was read so far, known or not."""
        return self._found.keys() & _FACTS

    def in_order(self) -> list[str]:
        """The facts that were read, first to last."""
        return [name for name in self._found if name in _FACTS]

    def get(self, name: str) -> Any:
        """The value of a fact, a signal, or (once concluded) of the outcome; None when unknown."""
        found = self._found
        if name in found:
            return found[name]
        if name in _FACTS:
            value = self.values.get(name)
        else:
            value = self._coded(name) if name in CODED else self._signal(name)
        found[name] = value
        return value

    def concluded(self, **outcome: str | None) -> None:
        """Let conditions of risks and steps read what was concluded: decision, technique, adapter."""
        self._found.update(outcome)

    def _signal(self, name: str) -> Any:
        for test, value in _signals().get(name, ()):
            if test(self):
                return value
        return None

    def _coded(self, name: str) -> bool | str | None:
        key = find_host(self.get("provider"), self.get("base_model"))
        if key is None:
            return None
        if name == "host":
            return key
        host = book.hosts()[key]
        return host.hosted if name == "hosted" else host.tuning != "closed"


def find_host(provider: str | None, base_model: str | None) -> str | None:
    """Where this base would be tuned (a key of hosts.yaml), as far as names tell; the provider's weighs more."""
    if provider:
        words = provider.lower().replace("-", " ").replace("_", " ")
        for key, host in book.hosts().items():
            if any(f" {name} " in f" {words} " for name in host.names):
                return key
    if base_model:
        name = base_model.lower().strip().removeprefix("ft:").rsplit("/", 1)[-1]
        for key, host in book.hosts().items():
            if any(name.startswith(prefix) for prefix in host.base_prefixes):
                return key
    return None
