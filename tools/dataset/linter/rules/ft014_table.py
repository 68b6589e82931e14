"""FT014: a table."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """CSV or Parquet: it is read row by row; providers do not."""
    source = whole.source
    if not isinstance(source, Table) or not source.readable or (source.stopped and not source.lines_read):
        return
    rows = "the header is row 1" if source.kind == "csv" else "counted from 1"
    read_as = "" if source.charset == "utf-8" else f"; its text is not UTF-8 and was read as {source.charset}"
    words = f"it was checked by its rows ({rows}), and providers take JSON Lines"
    yield Found(f"this is {source.sniffed.words}{read_as}; {words}")


RULE = Rule("FT014", "warning", "file", check, fix=lambda raw: raw)
