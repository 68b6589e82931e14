"""FT101: a line that is not JSON."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """The JSON reader stops."""
    for problem in line.problems_of("syntax"):
        raw = line.raw if isinstance(line.raw, bytes) else b""
        column = problem.column or 1
        around = raw.decode("utf-8", "replace")[max(0, column - 30) : column + 30]
        yield Found(f"not JSON at column {column:,}: {problem.words}", excerpt=around)


RULE = Rule("FT101", "error", "line", check)
