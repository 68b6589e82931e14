"""FT501: a pair with a side missing."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import PREFERENCE, Found, Rule
from tools.dataset.linter.words import kind


def check(example: Example, context: Context) -> Iterator[Found]:
    """`input.messages`, one preferred and one non-preferred output, each with an assistant turn."""
    given = example.value.get("input")
    if not isinstance(given, dict) or not isinstance(given.get("messages"), list) or not given["messages"]:
        yield Found("the pair has no input.messages, so there is nothing to answer", "input")
    for key, turns in (("preferred_output", example.chosen), ("non_preferred_output", example.rejected)):
        side = example.value.get(key)
        if side is None or side == []:
            yield Found(f"the pair is one-sided: {key} is missing", key)
        elif not isinstance(side, list):
            yield Found(f"{key} is {kind(side)}; it must be a list of messages", key)
        elif not any(t.role == "assistant" for t in turns):
            yield Found(f"{key} holds no assistant message", key)


RULE = Rule("FT501", "error", "example", check, shapes=(PREFERENCE,))
