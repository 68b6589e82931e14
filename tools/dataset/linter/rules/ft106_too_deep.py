"""FT106: brackets in brackets in brackets."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """Deeper than any example needs; readers stop or crash."""
    for problem in line.problems_of("depth"):
        yield Found(f"{problem.words}; readers stop or crash, and no example needs it")


RULE = Rule("FT106", "error", "line", check)
