"""FT104: NaN and Infinity."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """Words that Python writes and JSON does not know."""
    for problem in line.problems_of("nan")[:1]:
        yield Found(f"{problem.words}; Python writes it, strict readers reject the line")


RULE = Rule("FT104", "error", "line", check)
