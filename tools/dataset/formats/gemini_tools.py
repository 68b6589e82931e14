"""Gemini's functions: calls and results without ids, declarations in groups; and OpenAI's tools from them."""

import json
from collections import defaultdict
from typing import Any

from tools.dataset.formats.base import Value


class Calls:
    """Gives the calls of one conversation ids, so that results find theirs: the first open call of the name."""

    def __init__(self) -> None:
        self._open: dict[str, list[str]] = defaultdict(list)
        self._count = 0

    def made(self, call: Value) -> Value:
        """A functionCall as an OpenAI tool call."""
        self._count += 1
        name, known = str(call.get("name")), f"call_{self._count}"
        self._open[name].append(known)
        arguments = json.dumps(call.get("args") or {}, ensure_ascii=False)
        return {"id": known, "type": "function", "function": {"name": name, "arguments": arguments}}

    def answered(self, response: Value) -> Value:
        """A functionResponse as a tool message."""
        waiting = self._open[str(response.get("name"))]
        given = response.get("response")
        alone = given.get("result") if isinstance(given, dict) and set(given) == {"result"} else None
        text = alone if isinstance(alone, str) else json.dumps(given, ensure_ascii=False)
        return {"role": "tool", "tool_call_id": waiting.pop(0) if waiting else "", "content": text}


def tools_of(given: Any) -> Any:
    """Declarations -> OpenAI's list of tools; what is no declaration stays, for the rules to see."""
    if not isinstance(given, list):
        return given
    tools: list[Any] = []
    for group in given:
        inside = group.get("functionDeclarations") if isinstance(group, dict) else None
        if isinstance(inside, list):
            tools += [{"type": "function", "function": _lower(d)} for d in inside]
        else:
            tools.append(group)
    return tools


def _lower(value: Any) -> Any:
    """Types as JSON schema has them: Gemini's may stand in capitals."""
    if isinstance(value, dict):
        return {k: v.lower() if k == "type" and isinstance(v, str) else _lower(v) for k, v in value.items()}
    return [_lower(v) for v in value] if isinstance(value, list) else value


def declarations(tools: Any) -> list[Value]:
    """OpenAI's tools as one group of declarations."""
    found = [t["function"] for t in tools if isinstance(t, dict) and isinstance(t.get("function"), dict)]
    return [{"functionDeclarations": found}]


def calls_of(turn: Value, names: dict[str, str]) -> list[Value]:
    """The tool calls of a turn as parts; `names` learns which id calls which function."""
    parts = []
    for call in turn.get("tool_calls") or []:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            continue
        name = str(function.get("name"))
        names[str(call.get("id"))] = name
        parts.append({"functionCall": {"name": name, "args": _object(function.get("arguments"))}})
    return parts


def response_of(turn: Value) -> Value:
    """A tool message's content as the object that Gemini wants."""
    content = turn.get("content")
    value = _object(content)
    return value if value and set(value) != {"result"} else {"result": content}


def _object(text: Any) -> Value:
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}
