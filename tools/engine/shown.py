"""Rows as a person reads them before training: message by message, which text is learnt from and which is not."""

from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tools.engine.pairs import Pair
from tools.engine.prompts import Prompt
from tools.engine.render import IGNORED, Encoded, Renderer
from tools.engine.rows import Row
from tools.engine.seeing import Pictured

Kind = Literal["read", "trained", "avoided"]
"""Only read; learnt to be said; learnt to be avoided (the answer that was not preferred)."""


class Span(BaseModel):
    """Neighbouring tokens of one kind, as text."""

    model_config = ConfigDict(frozen=True)

    text: str
    kind: Kind
    tokens: int


class ShownMessage(BaseModel):
    """One message with the marks the template puts around it."""

    model_config = ConfigDict(frozen=True)

    role: str
    spans: tuple[Span, ...]


class ShownRow(BaseModel):
    """One row of the first batch."""

    model_config = ConfigDict(frozen=True)

    line: int
    tokens: int
    trained_tokens: int
    """0 in reinforcement: there the model learns from answers of its own."""
    images: int = 0
    image_tokens: int = 0
    """Tokens of all that stand for the images."""
    messages: tuple[ShownMessage, ...]


def shown(renderer: Renderer, row: Row, encoded: Encoded | Pair | Prompt) -> ShownRow:
    """One row, from the very tokens that are trained."""
    messages: list[ShownMessage] = []
    sizes = {"line": row.line, "tokens": encoded.length, "trained_tokens": encoded.trained}
    if isinstance(encoded, Pair):
        asked = row.value["input"]
        sides: list[tuple[str, list[int], Kind]] = [
            ("preferred_output", encoded.chosen_ids, "trained"),
            ("non_preferred_output", encoded.rejected_ids, "avoided"),
        ]
        for number, (side, answer, kind) in enumerate(sides):
            turns = [*asked["messages"], *row.value[side]]
            flags = _same("read", encoded.prompt_ids) + _same(kind, answer)
            found = _messages(renderer, turns, asked.get("tools"), [*encoded.prompt_ids, *answer], flags)
            messages += found[len(asked["messages"]) :] if number else found
    elif isinstance(encoded, Prompt):
        messages = _messages(renderer, row.value["messages"], None, encoded.ids, _same("read", encoded.ids))
    else:
        kinds: list[Kind] = ["read" if label == IGNORED else "trained" for label in encoded.labels]
        marks = encoded.marks if isinstance(encoded, Pictured) else None
        messages = _messages(renderer, row.value["messages"], row.value.get("tools"), encoded.input_ids, kinds, marks)
    if isinstance(encoded, Pictured):
        sizes |= {"images": len(encoded.images), "image_tokens": encoded.image_tokens}
    return ShownRow(**sizes, messages=tuple(messages))


def _same(kind: Kind, ids: list[int]) -> list[Kind]:
    return [kind for _ in ids]


def _messages(
    renderer: Renderer,
    messages: list[dict[str, Any]],
    tools: Any,
    ids: list[int],
    kinds: list[Kind],
    marks: list[str | None] | None = None,
) -> list[ShownMessage]:
    """Cut the tokens where the messages end; a template that cannot be cut gives one piece. An image is one mark."""
    texts = renderer.pieces(ids)
    if marks is not None:
        texts = [text if mark is None else mark for text, mark in zip(texts, marks, strict=True)]
    ends = renderer.ends(messages, tools)
    owner, at, which = [], 0, 0
    for text in texts:
        while which < len(ends) - 1 and at >= ends[which]:
            which += 1
        owner.append(which)
        at += len(text)
    roles = [m["role"] for m in messages] if len(ends) == len(messages) else ["conversation"]
    found = []
    for index, group in groupby(zip(owner, texts, kinds, strict=True), key=lambda one: one[0]):
        spans = [
            Span(text="".join(text for _, text, _ in run), kind=kind, tokens=len(run))
            for kind, run in ((kind, list(same)) for kind, same in groupby(group, key=lambda one: one[2]))
        ]
        found.append(ShownMessage(role=roles[index], spans=tuple(spans)))
    return found
