"""ShareGPT: `conversations` of `from` and `value`; with LLaMA-Factory's tools."""

import json
from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message
from tools.dataset.formats.sharegpt_tools import Calls, call_text, tools_of, tools_text

SPEAKERS = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "model": "assistant",
    "system": "system",
    "tool": "tool",
    "observation": "tool",
    "function_call": "assistant",
}
_BACK = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}


def _fits(value: Value) -> bool:
    return "conversations" in value or (
        isinstance(value.get("conversation"), list) and all(isinstance(t, dict) for t in value["conversation"])
    )


def _turns(turn: Any, calls: Calls) -> list[Any]:
    if not isinstance(turn, dict) or "role" in turn:
        return [turn]
    role, content = turn.get("from"), turn.get("value")
    known = SPEAKERS.get(role, role) if isinstance(role, str) else role
    if role == "function_call":
        made: list[Value] = [{"role": known, "tool_calls": calls.made(content)}]
    elif known == "tool":
        made = calls.answered(content)
    else:
        made = [message(known, content)]
    if "weight" in turn:
        made[-1]["weight"] = turn["weight"]
    return [{k: v for k, v in m.items() if v is not None} for m in made]


def _read(value: Value) -> Value:
    turns = value.get("conversations", value.get("conversation"))
    if not isinstance(turns, list):
        return {"messages": turns}
    calls = Calls()
    messages = [m for t in turns for m in _turns(t, calls)]
    system = value.get("system")
    if isinstance(system, str) and system.strip():
        messages.insert(0, message("system", system))
    tools = tools_of(value.get("tools"))
    return {"messages": messages} | ({} if tools is None else {"tools": tools})


def _write(value: Value) -> tuple[Value, list[str]]:
    lost = [k for k in value if k not in ("messages", "tools")]
    turns: list[Value] = []
    waiting: list[Any] = []
    results: list[Any] = []
    for m in value.get("messages") or []:
        lost.extend(k for k in m if k not in ("role", "content", "weight", "tool_calls", "tool_call_id"))
        turn, content = {"from": _BACK.get(m.get("role"), m.get("role")), "value": m.get("content")}, m.get("content")
        if calls := m.get("tool_calls"):
            turn = {"from": "function_call", "value": call_text(calls, lost)}
            waiting = [c.get("id") for c in calls if isinstance(c, dict)] if isinstance(calls, list) else []
            results = []
            if content:
                lost.append("text beside a tool call")
        elif not isinstance(content, str):
            lost.append("content that is not text")
        if "weight" in m:
            turn["weight"] = m["weight"]
        if m.get("role") == "tool":
            if len(results) >= len(waiting) or waiting[len(results)] != m.get("tool_call_id"):
                lost.append("which call a tool result answers")
            results.append(content)
            if len(results) > 1:  # one turn holds the results of calls made together, for turns must alternate
                turns[-1]["value"] = json.dumps(results, ensure_ascii=False)
                continue
        turns.append(turn)
    tools = value.get("tools")
    return {"conversations": turns} | ({"tools": tools_text(tools)} if tools else {}), sorted(set(lost))


SHAREGPT = Format(
    name="sharegpt",
    title="ShareGPT conversations",
    shape="chat",
    technique="sft",
    signature='"conversations"',
    fits=_fits,
    read=_read,
    write=_write,
    keys=frozenset({"conversations", "conversation", "id", "system", "source", "tools"}),
)
