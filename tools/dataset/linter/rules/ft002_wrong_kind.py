"""FT002: not a file of JSON lines."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table

SPREADSHEETS = {"zip", "office"}


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The first bytes are those of something else."""
    source = whole.source
    if source.readable or source.sniffed.kind == "empty":
        return
    if isinstance(source, Table):
        yield Found(f"this is {source.sniffed.words} that cannot be read: {source.damage}")
        return
    remedy = "If it is a workbook, save its sheet as CSV (UTF-8) and check that." * (
        source.sniffed.kind in SPREADSHEETS
    )
    yield Found(f"this is {source.sniffed.words}, and training files are JSON Lines", remedy=remedy)


RULE = Rule("FT002", "error", "file", check)
