"""FT107: half a character."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    r"""A \ud83d without its second half."""
    for problem in line.problems_of("surrogate"):
        yield Found(f"the line holds {problem.words}; it stands for no character, and strict readers reject the line")


RULE = Rule("FT107", "error", "line", check)
