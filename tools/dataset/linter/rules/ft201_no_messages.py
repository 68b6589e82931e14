"""FT201: an object without the conversation."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PROMPT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """`messages` is not there, in a file where the other lines have it."""
    if "messages" not in example.value or example.value["messages"] is None:
        keys = ", ".join(f'"{k}"' for k in list(example.source)[:6]) or "none"
        expected = context.format.signature if context.format else '"messages"'
        yield Found(f"the object has no conversation: expected {expected}, found the keys {keys}")


RULE = Rule("FT201", "error", "example", check, shapes=(CHAT, PROMPT))
