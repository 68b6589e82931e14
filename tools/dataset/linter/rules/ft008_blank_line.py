"""FT008: lines without content."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import DROP, Found, Rule


def check(line: Line, context: Context) -> Iterator[Found]:
    """A line is blank."""
    if isinstance(line.raw, bytes) and not line.raw.strip():
        yield Found("the line is blank; some readers take it for a broken example")


def fix(raw: bytes) -> object:
    """Leave blank lines out."""
    return raw if raw.strip() else DROP


RULE = Rule("FT008", "warning", "line", check, fix=fix)
