"""FT006: NUL characters."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line holds zero bytes."""
    for problem in line.problems_of("nul"):
        if isinstance(line.raw, bytes) and line.raw.count(0) == 1:
            yield Found(f"the line holds a NUL character, at character {problem.column:,}; JSON cannot hold it")
        else:
            yield Found(
                f"the line holds {problem.words}, the first at character {problem.column:,}; JSON cannot hold them"
            )


RULE = Rule("FT006", "error", "line", check)
