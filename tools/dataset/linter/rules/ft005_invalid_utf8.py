"""FT005: bytes that are not UTF-8."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line cannot be decoded."""
    for problem in line.problems_of("utf8"):
        around = line.raw[:80].decode("utf-8", "backslashreplace") if isinstance(line.raw, bytes) else ""
        yield Found(f"{problem.words} (character {problem.column:,}); the line cannot be read", excerpt=around)


RULE = Rule("FT005", "error", "line", check)
