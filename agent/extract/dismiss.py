"""Gaps that a person waves away: "never mind the tone", "it's fine with clauses", "not the format but the prices"."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from agent.extract.found import Found
from agent.extract.text import Text
from agent.extract.words import ROOT, read_yaml

_WORD = re.compile(r"[^\W\d_]{4,}")
"""What a gap was told by is known again by its longer words: an article says nothing."""


class _Ways(NamedTuple):
    find: tuple[re.Pattern[str], ...]
    instead: re.Pattern[str]
    names: dict[str, re.Pattern[str]]


@cache
def _ways(language: str) -> _Ways:
    own = read_yaml(ROOT / "dismissed.yaml")[language]
    names = {gap: re.compile(name) for gap, name in own["names"].items()}
    return _Ways(tuple(map(re.compile, own["find"])), re.compile(own["instead"]), names)


@cache
def _common() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "dismissed.yaml")["common"])


def waved(text: Text) -> list[tuple[int, int, str]]:
    """Where something is waved away, from the first word of that, and what; asked, supposed or reported nothing is."""
    found = [m for p in _ways(text.words.language).find for m in p.finditer(text.masked)]
    return [(m.start(), m.end("what"), text.low[slice(*m.span("what"))]) for m in found if not _unsaid(text, m.start())]


def instead(text: Text, places: Sequence[tuple[int, int, str]]) -> list[Found]:
    """The gaps that are named in the place of what is waved away at `places`: "not the tone, it's the cost"."""
    ways, result = _ways(text.words.language), []
    for m in ways.instead.finditer(text.masked) if places else ():
        if _unsaid(text, m.start()) or any(start <= m.start() < end for start, end, _ in places):
            continue
        for gap, name in ways.names.items():
            if n := name.match(text.masked, m.end()):
                start, end, by = m.start(), n.end(), f"{text.words.language}:instead"
                result.append(Found("gaps", gap, text.quote(start, end), start, end, by=by))
    return result


def _unsaid(text: Text, start: int) -> bool:
    clause = text.clause_at(start)
    return clause.asked or clause.supposed or clause.imagined or clause.reported


def gone(texts: Iterable[Text], told: Iterable[tuple[str, str]]) -> set[str]:
    """The gaps that are waved away: called by their name, or by a word they were told in.

    Args:
        texts: one message, as each of its languages reads it.
        told: gaps told before, each with the person's words.
    """
    told, result = list(told), set()
    for text in texts:
        for _, _, what in waved(text):
            result |= {gap for gap, name in _ways(text.words.language).names.items() if name.search(what)}
            longer = {word for word in _WORD.findall(what) if not _common().fullmatch(word)}
            result |= {gap for gap, quote in told if longer & set(_WORD.findall(quote.lower()))}
    return result
