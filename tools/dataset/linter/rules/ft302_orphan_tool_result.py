"""FT302: an answer to a call that was never made."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """A tool message whose id no assistant turn before it has used."""
    called: set[str] = set()
    for turn in example.turns:
        called.update(i for c in turn.tool_calls if isinstance(c, dict) and isinstance(i := c.get("id"), str))
        if turn.role != "tool":
            continue
        answered = turn.raw.get("tool_call_id")
        if not isinstance(answered, str) or not answered:
            yield Found("the tool message does not say which call it answers (tool_call_id)", turn.place, turn.text)
        elif answered not in called:
            yield Found("the tool message answers a call that no assistant turn before it makes", turn.place, answered)


RULE = Rule("FT302", "error", "example", check)
