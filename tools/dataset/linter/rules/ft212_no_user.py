"""FT212: an answer to nobody."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PREFERENCE, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """No user turn in the conversation."""
    if context.format is not None and context.format.name == "text":
        return
    roles = [t.role for t in example.turns]
    if roles and "user" not in roles and None not in roles:
        yield Found("there is no user turn: the model would learn to say this to anything", example.turns[0].place)


RULE = Rule("FT212", "warning", "example", check, shapes=(CHAT, PREFERENCE))
