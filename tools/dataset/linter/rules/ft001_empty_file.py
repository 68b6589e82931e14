"""FT001: nothing to read."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The file holds no bytes, blank lines only, or a table without rows."""
    if whole.source.size == 0:
        yield Found("the file holds 0 bytes, so there is nothing to train on")
    elif whole.source.sniffed.kind == "empty" and whole.source.gzipped:
        yield Found("the gzip file holds nothing that can be unpacked, so there is nothing to train on")
    elif whole.source.sniffed.kind == "empty":
        yield Found("the file holds only blank lines, so there is nothing to train on")
    elif isinstance(whole.source, Table) and whole.source.without_rows:
        yield Found("the table holds no rows, so there is nothing to train on")


RULE = Rule("FT001", "error", "file", check)
