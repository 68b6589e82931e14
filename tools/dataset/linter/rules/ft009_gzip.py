"""FT009: a packed file."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The file is gzip'd."""
    if whole.source.gzipped and whole.source.readable:
        yield Found("the file is gzip'd; it was checked unpacked, and providers take it unpacked only")


RULE = Rule("FT009", "warning", "file", check, fix=lambda raw: raw)
