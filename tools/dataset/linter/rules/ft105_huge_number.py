"""FT105: numbers that not every reader can hold."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """More digits than 64 bits, or larger than any double."""
    for problem in line.problems_of("number")[:1]:
        yield Found(f"the line holds {problem.words}; readers round it, reject it or stop")


RULE = Rule("FT105", "warning", "line", check)
