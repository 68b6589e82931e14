"""FT004: a byte-order mark."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The file begins with the UTF-8 byte-order mark, and the backend is not one that asks for it."""
    sniffed = whole.source.sniffed
    if not sniffed.bom or sniffed.encoding != "utf-8":
        return
    wanted = context.backend is not None and context.backend.bom == "wanted"
    if not wanted:
        yield Found("the file begins with a byte-order mark, which some readers take for a broken first line", line=1)


RULE = Rule("FT004", "warning", "file", check, fix=lambda raw: raw)
