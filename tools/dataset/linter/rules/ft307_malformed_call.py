"""FT307: a tool call that is not one."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.words import kind


def check(example: Example, context: Context) -> Iterator[Found]:
    """Each call has an id, the type function, a name and arguments."""
    for turn in example.all_turns:
        calls = turn.raw.get("tool_calls")
        if calls is None:
            continue
        if not isinstance(calls, list):
            yield Found(f"tool_calls is {kind(calls)}; it must be a list", f"{turn.place}.tool_calls")
            continue
        if turn.role != "assistant" and calls:
            yield Found(f"a {turn.role} message calls tools; only the assistant may", turn.place)
        for index, call in enumerate(calls):
            wrong = _wrong(call)
            if wrong:
                yield Found(wrong, f"{turn.place}.tool_calls[{index}]")


def _wrong(call: Any) -> str:
    if not isinstance(call, dict):
        return f"a tool call is {kind(call)}, not an object"
    function = call.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str) or not function["name"]:
        return "a tool call names no function"
    if "arguments" not in function:
        return 'a tool call has no arguments; an empty call has "{}"'
    if not isinstance(call.get("id"), str) or not call["id"]:
        return "a tool call has no id, so no tool message can answer it"
    if call.get("type", "function") != "function":
        return "a tool call is of another type than function"
    return ""


RULE = Rule("FT307", "error", "example", check)
