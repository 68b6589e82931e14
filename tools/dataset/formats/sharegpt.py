"""ShareGPT: `conversations` of `from` and `value`."""

from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message

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
}
_BACK = {"user": "human", "assistant": "gpt", "system": "system", "tool": "tool"}


def _fits(value: Value) -> bool:
    return "conversations" in value or (
        isinstance(value.get("conversation"), list) and all(isinstance(t, dict) for t in value["conversation"])
    )


def _turn(turn: Any) -> Any:
    if not isinstance(turn, dict) or "role" in turn:
        return turn
    role = turn.get("from")
    result = message(SPEAKERS.get(role, role) if isinstance(role, str) else role, turn.get("value"))
    if "weight" in turn:
        result["weight"] = turn["weight"]
    return {k: v for k, v in result.items() if v is not None}


def _read(value: Value) -> Value:
    turns = value.get("conversations", value.get("conversation"))
    if not isinstance(turns, list):
        return {"messages": turns}
    messages = [_turn(t) for t in turns]
    system = value.get("system")
    if isinstance(system, str) and system.strip():
        messages.insert(0, message("system", system))
    return {"messages": messages}


def _write(value: Value) -> tuple[Value, list[str]]:
    lost = [k for k in value if k != "messages"]
    turns = []
    for m in value.get("messages") or []:
        lost.extend(k for k in m if k not in ("role", "content", "weight"))
        if not isinstance(m.get("content"), str):
            lost.append("content that is not text")
        turn = {"from": _BACK.get(m.get("role"), m.get("role")), "value": m.get("content")}
        if "weight" in m:
            turn["weight"] = m["weight"]
        turns.append(turn)
    return {"conversations": turns}, sorted(set(lost))


SHAREGPT = Format(
    name="sharegpt",
    title="ShareGPT conversations",
    shape="chat",
    technique="sft",
    signature='"conversations"',
    fits=_fits,
    read=_read,
    write=_write,
    keys=frozenset({"conversations", "conversation", "id", "system", "source"}),
)
