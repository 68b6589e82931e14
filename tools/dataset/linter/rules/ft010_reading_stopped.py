"""FT010: the end was not reached."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Reading ended before the end of the file."""
    source = whole.source
    if source.stopped.endswith("passed over"):
        yield Found(source.stopped)
    elif source.stopped:
        yield Found(f"{source.stopped}; what stands after line {source.lines_read:,} was not checked")


RULE = Rule("FT010", "error", "file", check)
