"""FT216: instructions in the middle."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """A system or developer message after somebody has spoken."""
    spoken = False
    for turn in example.turns:
        if turn.role in ("system", "developer"):
            if spoken:
                yield Found("a system message stands after the conversation has begun", turn.place, turn.text)
                return
        elif turn.role is not None:
            spoken = True


RULE = Rule("FT216", "warning", "example", check)
