"""FT205: nobody speaks."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """A message without `role`."""
    for turn in example.all_turns:
        if turn.raw.get("role") is None:
            yield Found("the message has no role, so no provider knows who speaks", turn.place, turn.text)


RULE = Rule("FT205", "error", "example", check)
