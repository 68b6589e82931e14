"""FT202: a conversation of nothing."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PROMPT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """`messages` is no list, or an empty one."""
    messages = example.value.get("messages")
    if messages is None:
        return
    if not isinstance(messages, list):
        yield Found(f"the conversation is {type(messages).__name__}, not a list of messages", "messages")
    elif not messages:
        yield Found("the list of messages is empty, so there is nothing to learn", "messages")


RULE = Rule("FT202", "error", "example", check, shapes=(CHAT, PROMPT))
