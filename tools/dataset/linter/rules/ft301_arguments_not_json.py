"""FT301: a tool call whose arguments cannot be read."""

import json
from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """`arguments` must be a text that holds a JSON object."""
    for turn in example.all_turns:
        for index, call in enumerate(turn.tool_calls):
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict) or "arguments" not in function:
                continue
            place, arguments = f"{turn.place}.tool_calls[{index}]", function["arguments"]
            if not isinstance(arguments, str):
                yield Found("the arguments are not a text that holds JSON, but JSON itself", place)
                continue
            try:
                value = json.loads(arguments) if arguments.strip() else {}
            except (ValueError, RecursionError):
                yield Found(
                    "the arguments of a tool call are not JSON, so the model would learn calls that fail",
                    place,
                    arguments,
                )
                continue
            if not isinstance(value, dict):
                yield Found("the arguments of a tool call are JSON, but no object", place, arguments)


RULE = Rule("FT301", "error", "example", check)
