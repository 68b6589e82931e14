"""FT306: arguments that the tool's own schema refuses."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.gate_tools import Schema, fits, plain
from tools.dataset.linter.rule import Found, Rule
from tools.json_schema import SchemaError, first_error, validator


def check(example: Example, context: Context) -> Iterator[Found]:
    """Each call against the definition of its tool."""
    schemas = _schemas(example.tools)
    if not schemas:
        return
    for turn in example.all_turns:
        for index, call in enumerate(turn.tool_calls):
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict) or str(function.get("name")) not in schemas:
                continue
            wrong = _refused(schemas[str(function["name"])], function.get("arguments"))
            if wrong:
                yield Found(
                    f'the arguments do not fit the schema of "{str(function["name"])[:60]}": {wrong}',
                    f"{turn.place}.tool_calls[{index}]",
                    str(function.get("arguments")),
                )


def _schemas(tools: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("parameters"), dict):
            name = function.get("name")
            if isinstance(name, str):
                found[name] = json.dumps(function["parameters"], sort_keys=True, default=str)
    return found


def _refused(schema: str, arguments: Any) -> str:
    """What the schema has against the arguments; empty when nothing, or when they are not JSON (FT301 says that)."""
    try:
        value = json.loads(arguments) if isinstance(arguments, str) and arguments.strip() else arguments or {}
    except (ValueError, RecursionError):
        return ""
    known = _plain(schema)
    if known is not None and isinstance(arguments, str) and fits("it", arguments, {"it": known}):
        return ""
    made = _validator(schema)
    if made is None or not isinstance(value, dict):
        return ""
    try:
        error = first_error(made, value)
    except SchemaError:
        return ""
    return "" if error is None else error.message[:160]


@lru_cache(maxsize=256)
def _plain(schema: str) -> Schema | None:
    """What most schemas are: arguments that fit them are known without the library."""
    return plain(schema.encode())


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """A validator; None for a schema that is none itself."""
    try:
        return validator(json.loads(schema))
    except SchemaError:
        return None


RULE = Rule("FT306", "warning", "example", check)
