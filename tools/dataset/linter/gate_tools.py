"""The gate's part for tools: definitions of the plain kind, calls that fit them, results that answer them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from tools.dataset.sieve import folded
from tools.tokens.tool_text import DEFINITION, DEFINITIONS_END, named, parameters_text

_KNOWN = 64
_NAMED, _DESCRIBED, _STRICT, _KEY, _TYPED, _TOLD, _TITLED, _CHOSEN, _ONE_OF, _MUST, _OTHERS, _ONE_OTHER = range(1, 13)
"""What a piece of a definition is, as in sieve.c."""
_KEYS = 4
"""type, function, name, parameters: the keys that every definition has."""


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
    parameters: msgspec.Raw
    description: str | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class Tool(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A tool definition."""

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


class Schema(NamedTuple):
    """What the parameters of a definition come to."""

    properties: Mapping[str, _Property]
    required: frozenset[str]
    others: bool
    """Whether arguments may have other names."""
    keys: int
    """How many keys they hold."""
    pieces: list[tuple[int, str]]
    """What they say, however it is written."""
    texts: list[str]
    """What of them has to be counted."""
    fixed: int
    """Tokens of all else."""
    read: Callable[[str], object]
    """Reads arguments that fit; raises for most others."""


class Definitions(NamedTuple):
    """What the tool definitions of an example come to."""

    schemas: Mapping[str, Schema]
    keys: int
    hash: int
    texts: list[str]
    fixed: int


class Talk(NamedTuple):
    """What a conversation with tools comes to."""

    said: tuple[str, ...]
    texts: list[str]
    keys: int
    contents: int
    """How many of the keys are contents."""
    inner_keys: int
    """What looks like keys in the arguments of calls."""
    defined: bool
    """Whether all tools that are called are defined."""


NO_TOOLS = Definitions({}, 0, 0, [], 0)
_MISLEADING = re.compile(r"[:\\]")
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_arguments = msgspec.json.Decoder(dict[str, Any]).decode
_parameters = msgspec.json.Decoder(_Parameters).decode
_tools = msgspec.json.Decoder(list[Tool]).decode


class Schemas:
    """Reads parameters and definitions. The same ones stand in many examples, so what they come to is kept.

    Args:
        counted: whether tokens are.
    """

    def __init__(self, counted: bool = True) -> None:
        self.counted = counted
        self._known: dict[bytes, Schema | None] = {}
        self._defined: dict[bytes, Definitions | None] = {}

    def defined(self, written: bytes) -> Definitions | None:
        """Definitions as they stand in the file; None when one would not be found sound."""
        if written not in self._defined:
            if len(self._defined) >= _KNOWN:
                self._defined.clear()
            self._defined[written] = self._define(written)
        return self._defined[written]

    def _define(self, written: bytes) -> Definitions | None:
        try:
            tools = _tools(written)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return define(tools, self) if tools else None

    def read(self, written: bytes) -> Schema | None:
        """Parameters of the plain kind: simple types, nothing nested; None for others."""
        if written not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[written] = plain(written)
        return self._known[written]


def plain(written: bytes) -> Schema | None:
    """Parameters of the plain kind, which are a valid JSON schema; None for others."""
    try:
        parameters = _parameters(written)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    properties, required = parameters.properties, parameters.required
    if not isinstance(required, UnsetType) and len({*required}) < len(required):  # no valid schema
        return None
    # By the count of keys a colon in a name would be taken for the beginning of a text, a backslash for an escape.
    if _MISLEADING.search("".join(properties)):
        return None
    keys = 1 + (required is not UNSET) + (parameters.additionalProperties is not UNSET) + bool(properties)
    for field in properties.values():
        keys += 2 + (field.description is not UNSET) + (field.enum is not UNSET) + (field.title is not UNSET)
        if not isinstance(field.enum, UnsetType) and any(isinstance(v, dict) for v in field.enum):
            return None
    texts, fixed = parameters_text(msgspec.to_builtins(parameters))
    return Schema(
        properties,
        frozenset(() if isinstance(required, UnsetType) else required),
        parameters.additionalProperties is not False,
        keys,
        [*_pieces(parameters)],
        texts,
        fixed,
        _reader(parameters),
    )


def _pieces(parameters: _Parameters) -> Iterator[tuple[int, str]]:
    # The kinds are those of sieve.c, which hashes the plain kind of parameters itself.
    for key, field in parameters.properties.items():
        yield _KEY, key
        yield _TYPED, field.type
        if not isinstance(field.description, UnsetType):
            yield _TOLD, field.description
        if not isinstance(field.title, UnsetType):
            yield _TITLED, field.title
        if not isinstance(field.enum, UnsetType):
            yield _CHOSEN, ""
            for value in field.enum:
                yield (_ONE_OF, value) if isinstance(value, str) else (_ONE_OTHER, repr(value))
    if not isinstance(parameters.required, UnsetType):
        yield from ((_MUST, name) for name in parameters.required)
    if not isinstance(parameters.additionalProperties, UnsetType):
        yield _OTHERS, "1" if parameters.additionalProperties else "0"


def _reader(parameters: _Parameters) -> Callable[[str], object]:
    """Reads arguments into a typed structure, which is what most of them fit at the first look."""
    required = parameters.required
    fields: list[tuple[str, Any, Any]] = []
    for at, (key, field) in enumerate(parameters.properties.items()):
        kind: Any = _TYPES[field.type][-1]
        if not isinstance(field.enum, UnsetType):
            if not field.enum or not all(isinstance(v, str) for v in field.enum) or kind is not str:
                return _refuse
            kind = Literal[tuple(field.enum)]
        must = not isinstance(required, UnsetType) and key in required
        fields.append((f"f{at}", kind, msgspec.field(name=key) if must else msgspec.field(name=key, default=None)))
    if not isinstance(required, UnsetType) and not set(required) <= parameters.properties.keys():
        return _refuse
    try:
        form = msgspec.defstruct("Arguments", fields, forbid_unknown_fields=True, kw_only=True, gc=False)
    except (TypeError, ValueError):
        return _refuse
    return msgspec.json.Decoder(form).decode


def _refuse(written: str) -> object:
    raise msgspec.DecodeError


def tools_hash(tools: Any) -> int:
    """The same for the same tools, however they are written; only within one process. 0 for none."""
    if not tools:
        return 0
    try:
        read = _tools(msgspec.json.encode(tools))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError):
        return hash(repr(tools))
    schemas = [plain(bytes(tool.function.parameters)) for tool in read]
    if None in schemas:
        return hash(repr(tools))
    return _hash(read, schemas)  # type: ignore[arg-type]


def _hash(tools: Sequence[Tool], schemas: Iterable[Schema]) -> int:
    pieces: list[tuple[int, str]] = []
    for tool, schema in zip(tools, schemas, strict=True):
        function = tool.function
        pieces.append((_NAMED, function.name))
        if not isinstance(function.description, UnsetType):
            pieces.append((_DESCRIBED, function.description))
        if not isinstance(function.strict, UnsetType):
            pieces.append((_STRICT, "1" if function.strict else "0"))
        pieces += schema.pieces
    return folded(pieces)


def define(tools: Sequence[Tool], known: Schemas) -> Definitions | None:
    """The definitions, at least one; None when one would not be found sound."""
    schemas: dict[str, Schema] = {}
    keys, texts, fixed = 0, [], DEFINITIONS_END
    for tool in tools:
        function = tool.function
        name, description = function.name, function.description
        schema = known.read(bytes(function.parameters))
        if schema is None or name in schemas or not _NAME.fullmatch(name):
            return None
        schemas[name] = schema
        keys += _KEYS + schema.keys + (description is not UNSET) + (function.strict is not UNSET)
        texts.append(named(name, description))
        texts += schema.texts
        fixed += DEFINITION + schema.fixed
    return Definitions(schemas, keys, _hash(tools, schemas.values()), texts, fixed if known.counted else 0)


def talk(messages: Sequence[Any], schemas: Mapping[str, Schema]) -> Talk | None:  # noqa: C901 - one pass over the turns
    """Turns in order; each call answered at once, with arguments that fit where its tool is defined; an answer last.

    Returns:
        What it comes to; None when the conversation does not fit.
    """
    waiting: set[str] = set()
    called: set[str] = set()
    said: list[str] = []
    texts: list[str] = []
    keys, contents, inner, before, defined = len(messages), 0, 0, "", True
    for message in messages:
        role, text, calls = message.role, message.content, message.tool_calls
        if waiting and role != "tool":
            return None
        here = ""
        if text is not UNSET:
            contents += 1
            if text:
                texts.append(text)
                here = text.strip()
        if calls is not UNSET:
            keys += 1 + 5 * len(calls)
        if role == "tool":
            if text is UNSET or text is None or calls or message.tool_call_id not in waiting:
                return None
            keys += 1
            waiting.discard(message.tool_call_id)
        elif message.tool_call_id is not UNSET:
            return None
        elif role == "assistant" and calls:
            ids = [c.id for c in calls if c.id and fits(c.function.name, c.function.arguments, schemas)]
            if len(ids) < len(calls) or len({*ids, *called}) < len(ids) + len(called):
                return None
            waiting.update(ids)
            called.update(ids)
            defined = defined and all([call.function.name in schemas for call in calls])
            for call in calls:
                name, arguments = call.function.name, call.function.arguments
                texts += (name, arguments)
                inner += arguments.count('":')
                here = f"{here}\x1f{name}({arguments})"
        elif not here or calls or (role == "user" and before == "user") or (role == "system" and before):
            return None
        said.append(here)
        before = role
    asked = any([m.role == "user" for m in messages])
    if not asked or before != "assistant":
        return None
    return Talk(tuple(said), texts, keys + contents, contents, inner, defined)


def fits(name: str, written: str, schemas: Mapping[str, Schema]) -> bool:
    """Whether a call has a name and arguments that are an object, and fit its tool where that is defined."""
    if not name:
        return False
    schema = schemas.get(name)
    if schema is not None:
        with suppress(msgspec.DecodeError, UnicodeError, RecursionError):
            schema.read(written)
            return True
    try:
        arguments = _arguments(written)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    if schema is None:
        return True
    if not schema.required <= arguments.keys():
        return False
    for key, value in arguments.items():
        field = schema.properties.get(key)
        if field is None:
            if not schema.others:
                return False
            continue
        if not isinstance(value, _TYPES[field.type]) or (isinstance(value, bool) and field.type != "boolean"):
            return False
        if not isinstance(field.enum, UnsetType) and value not in field.enum:
            return False
    return True
