"""FT207: a message that says nothing at all."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """No `content`, and no tool call that would stand in its place."""
    for turn in example.all_turns:
        if turn.raw.get("content") is not None or turn.tool_calls:
            continue
        if turn.raw.get("refusal") or turn.raw.get("audio"):
            continue
        what = "has no content" if "content" not in turn.raw else "has null as its content"
        yield Found(f"the {turn.role or 'role-less'} message {what} and calls no tool", turn.place)


RULE = Rule("FT207", "error", "example", check)
