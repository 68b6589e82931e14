"""FT220: the old way to call a function."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """`function_call`, `functions` or the role function."""
    for turn in example.all_turns:
        if turn.role == "function" or "function_call" in turn.raw:
            yield Found("functions are called the old way; newer models are trained on tools", turn.place)
            return
    if "functions" in example.value:
        yield Found("functions are defined the old way; newer models are trained on tools", "functions")


RULE = Rule("FT220", "warning", "example", check)
