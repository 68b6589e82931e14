"""Results of reading facts, remembered by exactly the facts that were read: what was worked out once is not again."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from agent.situation import Situation

R = TypeVar("R")
MOST = 20_000
"""Results kept (some 50 MB); past that all are forgotten, so that a long-lived server does not grow without end."""


class Read(NamedTuple, Generic[R]):
    """A result, and what it was read from."""

    result: R
    reads: frozenset[str]
    """The only facts that can have shaped it."""


class _Fork:
    """Which fact is read next, and where each of its values leads."""

    __slots__ = ("fact", "ways")

    def __init__(self, fact: str) -> None:
        self.fact = fact
        self.ways: dict[Any, Any] = {}


class Remembered(Generic[R]):
    """A function of a situation, remembered as a tree of the facts it reads.

    Which fact it reads next may hang on nothing but the values it has read. Then a fact that it did not read cannot
    matter, and all who differ only in such facts share one result: a walk down the tree in place of all the rules.
    """

    def __init__(self, work: Callable[[Situation], R]) -> None:
        """Args: work: what to do with a situation; deterministic."""
        self._work = work
        self._forget()

    def _forget(self) -> None:
        self._root, self._kept = _Fork("in_scope"), 0

    def __call__(self, values: Mapping[str, Any]) -> Read[R]:
        """The result on these facts.

        Args:
            values: known facts by name, hashable; None or missing is unknown.
        """
        node: Any = self._root
        while type(node) is _Fork:
            node = node.ways.get(values.get(node.fact))
        return node if node is not None else self._learnt(values)

    def _learnt(self, values: Mapping[str, Any]) -> Read[R]:
        situation = Situation(values)
        found = Read(self._work(situation), frozenset(situation.reads))
        order = [f for f in situation.in_order() if f != self._root.fact]
        if self._kept >= MOST:
            self._forget()
        self._kept += 1
        node, value = self._root, values.get(self._root.fact)
        for fact in order:
            node = node.ways.setdefault(value, _Fork(fact))
            value = values.get(fact)
        node.ways[value] = found
        return found
