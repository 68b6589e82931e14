"""What a format is."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tools.dataset.records import Technique

Value = dict[str, Any]


class Loss(NamedTuple):
    """Something a conversion could not carry over."""

    what: str
    """The field or property, such as "weight" or "tools"."""


class Format(NamedTuple):
    """One dataset format."""

    name: str
    title: str
    """What it is called among people."""
    shape: str
    """The canonical shape it is read into: chat, preference, or prompt."""
    technique: Technique
    """The technique it is for when nothing else says so."""
    signature: str
    """The keys it is recognised by, in words."""
    fits: Callable[[Value], bool]
    """Whether one example has this format."""
    read: Callable[[Value], Value]
    """To the canonical shape; lenient: what is missing or wrong stays so, for the rules to see."""
    write: Callable[[Value], tuple[Value, list[str]]] | None
    """From the canonical shape, with what could not be carried over; None when this format is only read."""
    native: bool = False
    """The canonical shape itself: nothing is converted."""
    keys: frozenset[str] = frozenset()
    """Top-level keys it knows; others are extra."""
