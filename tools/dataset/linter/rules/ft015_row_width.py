"""FT015: rows that do not fit the header."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """More cells than columns, or quotes that do not close: the row falls apart at the wrong place."""
    if isinstance(whole.source, Table):
        for row, words in whole.source.misfits:
            yield Found(f"{words}; the row was not read", line=row)


RULE = Rule("FT015", "error", "file", check)
