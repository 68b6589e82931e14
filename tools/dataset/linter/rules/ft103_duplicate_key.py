"""FT103: one key twice in one object."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """Readers keep one of the two values in silence, and not all the same one."""
    for problem in line.problems_of("duplicate_key")[:1]:
        yield Found(f"{problem.words}; readers keep one of the values in silence and lose the other")


RULE = Rule("FT103", "error", "line", check)
