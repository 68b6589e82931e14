"""FT007: Windows line ends."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line ends with a carriage return."""
    if isinstance(line.raw, bytes) and line.raw.endswith(b"\r"):
        yield Found("the line ends with a carriage return (Windows line end); most readers accept it")


def fix(raw: bytes) -> bytes:
    """Take it off."""
    return raw.rstrip(b"\r")


RULE = Rule("FT007", "info", "line", check, fix=fix)
