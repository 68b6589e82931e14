"""FT003: UTF-16 or UTF-32 text."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The text is not UTF-8 as a whole."""
    encoding = whole.source.sniffed.encoding
    if encoding != "utf-8":
        yield Found(f"the file is encoded as {encoding.upper()}, and every provider reads UTF-8 only")


RULE = Rule("FT003", "error", "file", check, fix=lambda raw: raw)
