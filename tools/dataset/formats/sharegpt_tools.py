"""LLaMA-Factory's tools in ShareGPT: `function_call` and `observation` turns without ids, `tools` as JSON text."""

import json
from typing import Any

from tools.dataset.formats.base import Value


class Calls:
    """Gives the calls of one conversation ids, so that observations find theirs: in the order they were made."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._count = 0

    def made(self, text: Any) -> list[Any]:
        """A function_call's value (one call, or a list of them) as tool calls; what is none stays, for the rules."""
        given = parsed(text)
        self._open = []
        return [self._call(c) for c in (given if isinstance(given, list) else [given])]

    def _call(self, call: Any) -> Any:
        if not isinstance(call, dict):
            return call
        self._count += 1
        known = f"call_{self._count}"
        self._open.append(known)
        arguments = call.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        return {"id": known, "type": "function", "function": {"name": call.get("name"), "arguments": text}}

    def answered(self, content: Any) -> list[Value]:
        """An observation as tool messages: one; or one a call, where it is a list of as many results as calls."""
        given = parsed(content)
        if len(self._open) > 1 and isinstance(given, list) and len(given) == len(self._open):
            results = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in given]
        else:
            results = [content]
        return [
            {"role": "tool", "tool_call_id": self._open.pop(0) if self._open else "", "content": r} for r in results
        ]


def parsed(text: Any) -> Any:
    """The JSON of a text; what is no JSON stays as it is."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


def tools_of(given: Any) -> Any:
    """The functions that `tools` describes as OpenAI's list; None: there are none."""
    listed = parsed(given) if isinstance(given, str) and given.strip() else given
    if not listed:
        return None
    if not isinstance(listed, list):
        return listed
    return [{"type": "function", "function": t} if isinstance(t, dict) and "function" not in t else t for t in listed]


def call_text(calls: Any, lost: list[str]) -> str:
    """Tool calls as a function_call's value."""
    made = []
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            made.append({"name": function.get("name"), "arguments": parsed(function.get("arguments"))})
        else:
            lost.append("a malformed tool call")
    return json.dumps(made[0] if len(made) == 1 else made, ensure_ascii=False)


def tools_text(tools: Any) -> str:
    """OpenAI's tools as the JSON text of their functions."""
    listed = tools if isinstance(tools, list) else [tools]
    return json.dumps(
        [t["function"] if isinstance(t, dict) and "function" in t else t for t in listed], ensure_ascii=False
    )
