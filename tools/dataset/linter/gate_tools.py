"""The gate's part for tools: definitions of the plain kind, calls that fit them, results that answer them."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET


class Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a call names."""

    name: str
    arguments: str


class Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One call of an assistant turn."""

    id: str
    type: Literal["function"]
    function: Function


_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_PLAIN_SCHEMA = {"type", "properties", "required", "additionalProperties"}
_PLAIN_PROPERTY = {"type", "description", "enum", "title"}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
Schema = tuple[Mapping[str, Any], frozenset[str], bool]
"""(properties, required names, whether others are allowed)."""


def keys_of(example: Any) -> int:
    """How many keys the line must hold if none stands twice."""
    count = 1 + (example.tools is not UNSET) + (example.parallel_tool_calls is not UNSET)
    for message in example.messages:
        count += 1 + (message.content is not UNSET) + (message.tool_call_id is not UNSET)
        if message.tool_calls is not UNSET:
            count += 1 + 5 * len(message.tool_calls)
    return count + sum(map(_keys, example.tools or ()))


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    if isinstance(value, list):
        return sum(map(_keys, value))
    return 0


def definitions_fit(tools: Sequence[dict[str, Any]]) -> dict[str, Schema] | None:
    """The plain schemas of the tools by name; None when one is not of the plain kind."""
    schemas: dict[str, Schema] = {}
    for tool in tools:
        function = tool.get("function")
        if tool.get("type") != "function" or not isinstance(function, dict):
            return None
        name, parameters = function.get("name"), function.get("parameters")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in schemas:
            return None
        schema = _plain(parameters)
        if schema is None:
            return None
        schemas[name] = schema
    return schemas


def _plain(parameters: Any) -> Schema | None:
    if not isinstance(parameters, dict) or parameters.get("type") != "object" or parameters.keys() - _PLAIN_SCHEMA:
        return None
    properties, required = parameters.get("properties", {}), parameters.get("required", [])
    others = parameters.get("additionalProperties", True)
    if not isinstance(properties, dict) or not isinstance(required, list) or not isinstance(others, bool):
        return None
    for field in properties.values():
        if not isinstance(field, dict) or field.keys() - _PLAIN_PROPERTY:
            return None
        kind = field.get("type")
        if not isinstance(kind, str) or kind not in _TYPES or not isinstance(field.get("enum", []), list):
            return None
    if not all(isinstance(r, str) for r in required):
        return None
    return properties, frozenset(required), others


def conversation_fits(messages: Sequence[Any], schemas: Mapping[str, Schema]) -> bool:
    """Turns in order; each call to a defined tool, with arguments that fit, answered at once; an answer at the end."""
    waiting: set[str] = set()
    called: set[str] = set()
    before = ""
    asked = False
    for i, message in enumerate(messages):
        role, text = message.role, message.content if isinstance(message.content, str) else None
        calls = message.tool_calls or ()
        if waiting and role != "tool":
            return False
        if role == "system":
            fits = i == 0 and _says(text) and not calls
        elif role == "user":
            fits = before != "user" and _says(text) and not calls
            asked = True
        elif role == "tool":
            fits = text is not None and not calls and message.tool_call_id in waiting
            waiting.discard(message.tool_call_id)
        else:
            fits = bool(calls) if text is None else (_says(text) or bool(calls))
            for call in calls:
                if not call.id or call.id in called or not _call_fits(call, schemas):
                    return False
                waiting.add(call.id)
                called.add(call.id)
        if not fits or (message.tool_call_id is not UNSET and role != "tool"):
            return False
        before = role
    return asked and before == "assistant" and (not waiting or bool(messages[-1].tool_calls))


def _says(text: str | None) -> bool:
    return text is not None and bool(text.strip())


def _call_fits(call: Call, schemas: Mapping[str, Schema]) -> bool:
    schema = schemas.get(call.function.name)
    if schema is None:
        return False
    properties, required, others = schema
    try:
        arguments = json.loads(call.function.arguments)
    except (ValueError, RecursionError):
        return False
    if not isinstance(arguments, dict) or not required <= arguments.keys():
        return False
    for name, value in arguments.items():
        field = properties.get(name)
        if field is None:
            if not others:
                return False
            continue
        if not isinstance(value, _TYPES[field["type"]]) or (isinstance(value, bool) and field["type"] != "boolean"):
            return False
        if "enum" in field and value not in field["enum"]:
            return False
    return True
