"""A card's sentences that tools made, in the card's language; what a person or a file said stays as it is."""

from typing import Any

from agent.said import said

SPOKEN = ("sentence", "meaning", "text", "label", "summary", "title", "alt", "caption", "tag", "note", "todo", "button")
NOT_OURS = ("code", "marked", "chips", "options")
"""Kinds of block that hold commands, rows of the data, or the person's words."""
ROWS_OF_DATA = ("findings", "answers", "metric", "score", "first-batch")
"""Cards whose tables hold answers and labels of the data."""


def spoken(props: dict[str, Any]) -> dict[str, Any]:
    """What the browser gets, with each known sentence in the card's language.

    Args:
        props: as `Card.props()` gives them; not changed.
    """
    language = str(props.get("language", "en"))
    if language == "en":
        return props
    blocks = [_block(b, language, str(props.get("name", ""))) for b in props.get("blocks", [])]
    return {**props, "label": said(props.get("label", ""), language), "blocks": blocks}


def _block(block: dict[str, Any], language: str, card: str) -> dict[str, Any]:
    if block.get("kind") in NOT_OURS:
        return block
    out: dict[str, Any] = {k: said(v, language) if k in SPOKEN and isinstance(v, str) else v for k, v in block.items()}
    if "columns" in out:
        out["columns"] = [said(c, language) for c in out["columns"]]
    if "rows" in out and card not in ROWS_OF_DATA and not out.get("own"):
        out["rows"] = [[_cell(c, language) for c in row] for row in out["rows"]]
    if isinstance(out.get("items"), list):
        # Below a comparison stand rows of the data: what was asked, wanted and answered.
        own = card == "comparison" and block.get("kind") == "list"
        out["items"] = out["items"] if own else [_block(i, language, card) for i in out["items"]]
    if isinstance(out.get("table"), dict):  # a chart's own
        out["table"] = _block(out["table"], language, card)
    if isinstance(out.get("blocks"), list):
        out["blocks"] = [_block(b, language, card) for b in out["blocks"]]
    return out


def _cell(text: str, language: str) -> str:
    """A sentence or a figure in a table; one word may be a name."""
    return said(text, language) if " " in text or text[:1] in "$0123456789" else text
