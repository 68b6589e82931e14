"""Amazon Bedrock's conversations: `schemaVersion`, `system` and messages of content blocks."""

from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message

VERSION = "bedrock-conversation-2024"


def _fits(value: Value) -> bool:
    return "schemaVersion" in value and "messages" in value


def _text(blocks: Any) -> Any:
    """Blocks of text -> one text; others stay, for the rules to see."""
    if isinstance(blocks, list) and all(isinstance(b, dict) and isinstance(b.get("text"), str) for b in blocks):
        return "\n".join(b["text"] for b in blocks)
    return blocks


def _read(value: Value) -> Value:
    given = value.get("messages")
    messages = [
        {**m, "content": _text(m["content"])} if isinstance(m, dict) and "content" in m else m
        for m in (given if isinstance(given, list) else [])
    ]
    if value.get("system"):
        messages.insert(0, message("system", _text(value["system"])))
    return {"messages": messages if isinstance(given, list) else given}


def _write(value: Value) -> tuple[Value, list[str]]:
    lost = [k for k in value if k != "messages"]
    system: list[Value] = []
    turns: list[Value] = []
    for m in value.get("messages") or []:
        blocks = _blocks(m.get("content"), lost)
        lost.extend(k for k in m if k not in ("role", "content"))
        if m.get("role") in ("system", "developer"):
            system += blocks
        elif m.get("role") in ("user", "assistant"):
            turns.append({"role": m["role"], "content": blocks})
        else:
            lost.append(f"role {m.get('role')}")
    head: Value = {"schemaVersion": VERSION, **({"system": system} if system else {})}
    return {**head, "messages": turns}, sorted(set(lost))


def _blocks(content: Any, lost: list[str]) -> list[Value]:
    if isinstance(content, str):
        return [{"text": content}]
    blocks = []
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            blocks.append({"text": part["text"]})
        else:
            lost.append("content that is not text")
    return blocks


BEDROCK = Format(
    name="bedrock_converse",
    title="Amazon Bedrock conversations",
    shape="chat",
    technique="sft",
    signature='"schemaVersion" and "messages"',
    fits=_fits,
    read=_read,
    write=_write,
    keys=frozenset({"schemaVersion", "system", "messages"}),
)
