"""FT102: JSON of another kind than an object."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.words import kind


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line holds JSON, but no object."""
    if line.ok and not isinstance(line.value, dict):
        raw = line.raw if isinstance(line.raw, bytes) else b""
        yield Found(
            f"the line holds {kind(line.value)} where an object {{…}} must stand",
            excerpt=raw[:120].decode("utf-8", "replace"),
        )


RULE = Rule("FT102", "error", "line", check)
