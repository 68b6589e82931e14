"""FT203: an assistant turn that teaches silence."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Text of nothing or of spaces, and no tool call."""
    for turn in example.all_turns:
        content = turn.raw.get("content")
        if turn.role != "assistant" or turn.speaks or not isinstance(content, str | list):
            continue
        if turn.raw.get("weight") == 0:
            continue
        yield Found("the assistant turn is empty, so the model would learn to answer nothing", turn.place, turn.text)


RULE = Rule("FT203", "error", "example", check)
