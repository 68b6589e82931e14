"""The gate's part for tools: definitions of the plain kind, calls that fit them, results that answer them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

ToolTexts = Callable[[Any], tuple[list[str], int]]


class _Property(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["string", "integer", "number", "boolean"]
    description: str | UnsetType = UNSET
    enum: list[Any] | UnsetType = UNSET
    title: str | UnsetType = UNSET


class _Parameters(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["object"]
    properties: dict[str, _Property] = {}
    required: list[str] | UnsetType = UNSET
    additionalProperties: bool | UnsetType = UNSET


class _Defined(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    parameters: _Parameters
    description: str | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class Tool(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A tool definition of the plain kind: parameters of simple types, nothing nested."""

    type: Literal["function"]
    function: _Defined


class Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a call names."""

    name: str
    arguments: str


class Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One call of an assistant turn."""

    id: str
    type: Literal["function"]
    function: Function


_MISLEADING = re.compile(r"[:\\]")
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_arguments = msgspec.json.Decoder(dict[str, Any]).decode
Schema = tuple[Mapping[str, _Property], frozenset[str], bool]
"""(properties, required names, whether others are allowed)."""


class Definitions(NamedTuple):
    """What the tool definitions of an example come to."""

    schemas: dict[str, Schema]
    keys: int
    """How many keys they hold."""
    hash: int
    texts: list[str]
    """What of them has to be counted."""
    fixed: int
    """Tokens of all else."""


def tools_hash(tools: Any) -> int:
    """The same for the same tools, however they are written; only within one process. 0 for none."""
    if not tools:
        return 0
    if not isinstance(tools[0] if isinstance(tools, list) else None, Tool):
        try:
            tools = msgspec.convert(tools, list[Tool])
        except (msgspec.ValidationError, RecursionError):
            return hash(repr(tools))
    return hash(msgspec.json.encode(tools))


def define(tools: Sequence[Tool], digest: int, tool_texts: ToolTexts | None) -> Definitions | None:
    """The definitions; None when one would not be found sound.

    Args:
        tools: at least one, or nothing where no tools are defined.
        digest: their `tools_hash`.
        tool_texts: (texts, tokens of all else); None when nothing is counted.
    """
    schemas: dict[str, Schema] = {}
    keys = 0
    for tool in tools:
        function = tool.function
        parameters = function.parameters
        properties, required = parameters.properties, parameters.required
        # By the count of keys a colon in a name would be taken for the beginning of a text, a backslash for an escape.
        if function.name in schemas or not _NAME.fullmatch(function.name) or _MISLEADING.search("".join(properties)):
            return None
        keys += 5 + (function.description is not UNSET) + (function.strict is not UNSET)
        keys += (required is not UNSET) + (parameters.additionalProperties is not UNSET) + bool(properties)
        for field in properties.values():
            keys += 2 + (field.description is not UNSET) + (field.enum is not UNSET) + (field.title is not UNSET)
            if field.enum is not UNSET and any(isinstance(v, dict) for v in field.enum):
                return None
        schemas[function.name] = (
            properties,
            frozenset(() if isinstance(required, UnsetType) else required),
            parameters.additionalProperties is not False,
        )
    texts, fixed = tool_texts(msgspec.to_builtins(tools)) if tool_texts is not None and tools else ([], 0)
    return Definitions(schemas, keys, digest, texts, fixed)


def keys_of(messages: Sequence[Any]) -> int:
    """How many keys the messages hold if none stands twice."""
    count = 0
    for message in messages:
        count += 1 + (message.content is not UNSET) + (message.tool_call_id is not UNSET)
        if message.tool_calls is not UNSET:
            count += 1 + 5 * len(message.tool_calls)
    return count


def conversation_fits(messages: Sequence[Any], schemas: Mapping[str, Schema]) -> bool | None:
    """Turns in order; each call answered at once, with arguments that fit where its tool is defined; an answer last.

    Returns:
        Whether every tool that is called is defined; None when the conversation does not fit.
    """
    waiting: set[str] = set()
    called: set[str] = set()
    before = ""
    asked = False
    defined = True
    for i, message in enumerate(messages):
        role, text = message.role, message.content if isinstance(message.content, str) else None
        calls = message.tool_calls or ()
        if waiting and role != "tool":
            return None
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
                    return None
                defined = defined and call.function.name in schemas
                waiting.add(call.id)
                called.add(call.id)
        if not fits or (message.tool_call_id is not UNSET and role != "tool"):
            return None
        before = role
    if not asked or before != "assistant" or (waiting and not messages[-1].tool_calls):
        return None
    return defined


def _says(text: str | None) -> bool:
    return text is not None and bool(text) and not text.isspace()


def _call_fits(call: Call, schemas: Mapping[str, Schema]) -> bool:
    """Whether the arguments are an object, and fit the tool where it is defined."""
    if not call.function.name:
        return False
    try:
        arguments = _arguments(call.function.arguments)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    schema = schemas.get(call.function.name)
    if schema is None:
        return True
    properties, required, others = schema
    if not required <= arguments.keys():
        return False
    for name, value in arguments.items():
        field = properties.get(name)
        if field is None:
            if not others:
                return False
            continue
        if not isinstance(value, _TYPES[field.type]) or (isinstance(value, bool) and field.type != "boolean"):
            return False
        if not isinstance(field.enum, UnsetType) and value not in field.enum:
            return False
    return True
