"""FT305: a tool definition that no provider takes."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.gate_tools import plain
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.words import kind
from tools.json_schema import SchemaError, validator

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


def check(example: Example, context: Context) -> Iterator[Found]:
    """`tools` is a list of {"type": "function", "function": {"name", "parameters"}}."""
    tools = example.tools
    if tools is None:
        return
    if not isinstance(tools, list):
        yield Found(f"tools is {kind(tools)}; it must be a list of definitions", "tools")
        return
    for index, tool in enumerate(tools):
        wrong = _wrong(tool)
        if wrong:
            yield Found(wrong, f"tools[{index}]")


def _wrong(tool: Any) -> str:
    if not isinstance(tool, dict):
        return f"a tool definition is {kind(tool)}, not an object"
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, dict):
        return 'a tool definition has no "type": "function" with a "function" object'
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "a tool has no name, or one with other characters than letters, digits, _ and -"
    parameters = function.get("parameters")
    if parameters is None:
        return ""
    if not isinstance(parameters, dict):
        return f'the parameters of "{name}" are {kind(parameters)}, not a JSON schema'
    if parameters.get("type", "object") != "object":
        return f'the parameters of "{name}" are of type {str(parameters["type"])[:40]!r}; they must be an object'
    wrong = _no_schema(json.dumps(parameters, sort_keys=True))
    return f'the parameters of "{name}" are no valid JSON schema: {wrong}' if wrong else ""


@lru_cache(maxsize=256)
def _no_schema(parameters: str) -> str:
    """What is wrong with a schema; empty when nothing."""
    if plain(parameters.encode()) is not None:  # known without the library, whose loading takes a tenth of a second
        return ""
    try:
        validator(json.loads(parameters))
    except SchemaError as e:
        return str(e)[:120]
    return ""


RULE = Rule("FT305", "error", "example", check)
