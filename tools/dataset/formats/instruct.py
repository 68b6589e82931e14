"""Formats of one instruction and one answer: prompt/completion, Alpaca; and plain text."""

from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message

_ANSWER_KEYS = ("output", "response", "answer")


def _is_pair(value: Value) -> bool:
    return "prompt" in value and "completion" in value


def _messages_of(side: Any, role: str) -> Any:
    """A side that is text becomes one message; a TRL list of messages stays as it is."""
    return side if isinstance(side, list) else [message(role, side)]


def _read_pair(value: Value) -> Value:
    prompt = _messages_of(value.get("prompt"), "user")
    return {"messages": [*prompt, *_messages_of(value.get("completion"), "assistant")]}


def _plain(value: Value, lost: list[str]) -> tuple[str, str, str]:
    """(system, user, assistant) text of a canonical chat; what does not fit is named in `lost`."""
    messages = [m for m in value.get("messages") or [] if isinstance(m, dict)]
    lost.extend(k for k in value if k != "messages")
    lost.extend({k for m in messages for k in m if k not in ("role", "content")})
    by_role = {role: [m for m in messages if m.get("role") == role] for role in ("system", "user", "assistant")}
    if len(by_role["user"]) > 1 or len(by_role["assistant"]) > 1:
        lost.append("turns before the last")
    texts = []
    for role in ("system", "user", "assistant"):
        content = by_role[role][-1].get("content") if by_role[role] else ""
        if not isinstance(content, str):
            lost.append("content that is not text")
            content = ""
        texts.append(content)
    return texts[0], texts[1], texts[2]


def _write_pair(value: Value) -> tuple[Value, list[str]]:
    messages = value.get("messages") or []
    lost = [k for k in value if k != "messages"]
    if messages and messages[-1].get("role") == "assistant":
        return {"prompt": messages[:-1], "completion": messages[-1:]}, lost
    return {"prompt": messages, "completion": []}, [*lost, "an answer (there is none)"]


def _is_alpaca(value: Value) -> bool:
    return "instruction" in value and any(k in value for k in _ANSWER_KEYS)


def _read_alpaca(value: Value) -> Value:
    instruction, given = value.get("instruction"), value.get("input")
    user = instruction
    if isinstance(given, str) and given.strip() and isinstance(instruction, str):
        user = f"{instruction}\n\n{given}"
    answer = next((value[k] for k in _ANSWER_KEYS if k in value), None)
    messages = [message("user", user), message("assistant", answer)]
    system = value.get("system")
    if isinstance(system, str) and system.strip():
        messages.insert(0, message("system", system))
    return {"messages": messages}


def _write_alpaca(value: Value) -> tuple[Value, list[str]]:
    lost: list[str] = []
    system, user, assistant = _plain(value, lost)
    result: Value = {"instruction": user, "input": "", "output": assistant}
    if system:
        result["system"] = system
    return result, sorted(set(lost))


def _is_text(value: Value) -> bool:
    return isinstance(value.get("text"), str)


def _read_text(value: Value) -> Value:
    return {"messages": [message("assistant", value.get("text"))]}


PROMPT_COMPLETION = Format(
    name="prompt_completion",
    title="prompt and completion (Together instruction, TRL, legacy OpenAI)",
    shape="chat",
    technique="sft",
    signature='"prompt" and "completion"',
    fits=_is_pair,
    read=_read_pair,
    write=_write_pair,
    keys=frozenset({"prompt", "completion", "tools"}),
)
ALPACA = Format(
    name="alpaca",
    title="Alpaca (instruction, input, output)",
    shape="chat",
    technique="sft",
    signature='"instruction" and "output"',
    fits=_is_alpaca,
    read=_read_alpaca,
    write=_write_alpaca,
    keys=frozenset({"instruction", "input", "output", "system"}),
)
TEXT = Format(
    name="text",
    title="plain text for language modelling",
    shape="chat",
    technique="sft",
    signature='"text"',
    fits=_is_text,
    read=_read_text,
    write=None,
)
