"""FT202: a conversation of nothing."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PROMPT, Found, Rule
from tools.dataset.linter.words import kind


def check(example: Example, context: Context) -> Iterator[Found]:
    """`messages` is no list, or an empty one."""
    messages = example.value.get("messages")
    if messages is None:
        return
    if not isinstance(messages, list):
        python = isinstance(messages, str) and messages.lstrip().startswith(("[{'", '[{"role": \''))
        words = (
            "a text as Python prints a list, which is not JSON"
            if python
            else f"{kind(messages)}, not a list of messages"
        )
        yield Found(f"the conversation is {words}", "messages", str(messages))
    elif not messages:
        yield Found("the list of messages is empty, so there is nothing to learn", "messages")


RULE = Rule("FT202", "error", "example", check, shapes=(CHAT, PROMPT))
