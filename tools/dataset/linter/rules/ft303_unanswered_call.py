"""FT303: a call whose answer is missing."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """The conversation goes on, and a call of an earlier turn has no tool message. A last turn of calls is fine."""
    answered = {str(t.raw.get("tool_call_id")) for t in example.turns if t.role == "tool"}
    for turn in example.turns[:-1]:
        if turn.role != "assistant":
            continue
        for call in turn.tool_calls:
            name = call.get("id") if isinstance(call, dict) else None
            if isinstance(name, str) and name not in answered:
                yield Found("a tool call is never answered, though the conversation goes on", turn.place, name)
                return


RULE = Rule("FT303", "error", "example", check)
