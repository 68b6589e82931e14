"""FT011: JSON, but not one object a line."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """One JSON array, or objects spread over several lines."""
    kind = whole.source.sniffed.kind
    if kind == "json_array":
        yield Found("the file is one JSON array; providers read one object a line")
    elif kind == "json_object":
        yield Found("the objects are spread over several lines (pretty-printed); providers read one object a line")


RULE = Rule("FT011", "error", "file", check, fix=lambda raw: raw)
