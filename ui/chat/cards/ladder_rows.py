"""The rows behind a score: question, wanted answer, what each rung said, and where the words differ."""

import difflib
import re
from typing import Any, NamedTuple

from tools.evals.records import Sample
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Heading, Marked, Piece, Text
from ui.chat.words import Words, words

MOST = 8
"""Rows on one card."""
ALIKE = 0.5
"""Share of words in common below which two texts are not compared word by word: that would only be a jumble."""
LONGEST = 700
"""Characters shown of one text."""


class Pair(NamedTuple):
    """One held-out row as two rungs answered it; None: the other one did not."""

    one: Sample
    beside: Sample | None


def paired(ones: list[Sample], besides: list[Sample]) -> list[Pair]:
    """Rows by what they teach: those where the two differ first, then those that are wrong, then the rest."""
    other = {s.sample_id: s for s in besides}
    pairs = [Pair(s, other.get(s.sample_id)) for s in ones]

    def weight(p: Pair) -> float:
        differ = abs((p.one.score or 0.0) - (p.beside.score or 0.0)) if p.beside else 0.0
        return -2 * differ - (1.0 - (p.one.score or 0.0))

    return sorted(pairs, key=weight)


def rows_card(
    pairs: list[Pair], names: tuple[str, str], *, start: int, payload: dict[str, Any], language: str = "en"
) -> Card:
    """A page of rows.

    Args:
        pairs: all rows, as `paired` gives them.
        names: the rung and the one beside it, as people read them.
        start: the first row shown.
        payload: what the button for more carries.
        language: of the card.
    """
    w = words(language)
    shown = pairs[start : start + MOST]
    differ = sum(p.beside is not None and p.one.score != p.beside.score for p in pairs)
    head = w("rows.head", rung=names[0], first=start + 1, last=start + len(shown), n=len(pairs))
    blocks: list[Block] = [Text(text=head)]
    if any(p.beside for p in pairs):
        blocks.append(Text(text=w("rows.differ", n=differ, other=names[1]), muted=True))
    for i, pair in enumerate(shown, start + 1):
        blocks += _row(i, pair, names, w)
    if start + MOST < len(pairs):
        more = {**payload, "start": start + MOST}
        blocks.append(Buttons(items=[Button(label=w("rows.more"), action="rows", payload=more, again=True)]))
    return Card(name="ladder-rows", label=w("rows.label", rung=names[0]), blocks=blocks, language=language)


def _row(i: int, pair: Pair, names: tuple[str, str], w: Words) -> list[Block]:
    one, beside = pair
    target = (one.target or "")[:LONGEST]
    blocks: list[Block] = [
        Heading(text=f"{i}. {_short(one.input or one.sample_id)}"),
        Marked(label=w("rows.wanted"), pieces=[Piece(text=target or w("findings.empty"))]),
        _said(names[0], one, target, w),
    ]
    return [*blocks, _said(names[1], beside, target, w)] if beside else blocks


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 300 else f"{flat[:299]}…"


def _said(name: str, s: Sample, target: str, w: Words) -> Marked:
    if s.completion is None:
        return Marked(label=f"{name} · {w('rows.refused')}", pieces=[Piece(text="–")])
    how = w("unknown") if s.score is None else w("rows.right") if s.score == 1 else w("rows.wrong")
    if s.score is not None and 0 < s.score < 1:
        how = w("rows.part", score=w.decimal(s.score, ".2f"))
    return Marked(label=f"{name} · {how}", pieces=differences(s.completion[:LONGEST], target, w))


def differences(answer: str, target: str, w: Words) -> list[Piece]:
    """The answer with what the wanted answer has not marked, and what it lacks put in; by words."""
    if not answer.strip():
        return [Piece(text=w("findings.empty"), tone="bad", said=w("rows.other"))]
    a, b = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (target, answer))
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Piece(text=answer, tone="bad", said=w("rows.other"))]
    pieces: list[Piece] = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what in ("replace", "delete") and "".join(a[i1:i2]).strip():
            pieces.append(Piece(text="".join(a[i1:i2]), tone="good", said=w("rows.lacks")))
            pieces.append(Piece(text=" "))
        said = "".join(b[j1:j2])
        if not said:
            continue
        marked = what in ("replace", "insert") and said.strip()
        pieces.append(Piece(text=said, tone="bad", said=w("rows.other")) if marked else Piece(text=said))
    return pieces
