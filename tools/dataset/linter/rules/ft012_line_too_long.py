"""FT012: a line too long to be an example."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.source import MAX_LINE_BYTES, TooLong


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line above the bound; it was not read."""
    if isinstance(line.raw, TooLong):
        yield Found(
            f"the line is {line.raw.length / 1e6:,.0f} MB long; lines over {MAX_LINE_BYTES >> 20} MB are not read",
            excerpt=line.raw.head.decode("utf-8", "replace"),
        )


RULE = Rule("FT012", "error", "line", check)
