"""FT016: columns of bytes."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table

PICTURES = (
    "Write the examples as chat with each picture in the user's turn, as an image_url part of "
    "data:image/png;base64,…; or train on the text alone if it says all that the answer needs."
)


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """What a training file cannot hold as it stands; it is passed over."""
    binary = whole.source.binary if isinstance(whole.source, Table) else []
    if binary:
        named = ", ".join(f"{b.column} ({b.what})" for b in binary)
        remedy = PICTURES if any(b.pictures for b in binary) else ""
        yield Found(f"columns that hold bytes and no text were not read: {named}", remedy=remedy)


RULE = Rule("FT016", "warning", "file", check)
