"""FT102: JSON of another kind than an object."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule

_NAMES = {list: "an array", str: "a text", int: "a number", float: "a number", bool: "true or false"}


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line holds JSON, but no object."""
    if line.ok and not isinstance(line.value, dict):
        name = _NAMES.get(type(line.value), "null")
        raw = line.raw if isinstance(line.raw, bytes) else b""
        yield Found(
            f"the line holds {name} where an object {{…}} must stand", excerpt=raw[:120].decode("utf-8", "replace")
        )


RULE = Rule("FT102", "error", "line", check)
