"""FT217: two questions in a row."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """User after user. Assistant after assistant is how text before a tool call is often kept."""
    for before, turn in zip(example.turns, example.turns[1:], strict=False):
        if before.role == turn.role == "user":
            yield Found("two user turns follow each other, which some chat templates refuse", turn.place, turn.text)
            return


RULE = Rule("FT217", "info", "example", check)
