"""Google's `contents`: roles user and model, text in parts; and its preference pairs."""

from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message

_ROLES = {"model": "assistant", "user": "user", "function": "tool"}


def _fits(value: Value) -> bool:
    return "contents" in value and "completions" not in value


def _fits_preference(value: Value) -> bool:
    return "contents" in value and "completions" in value


def _content(parts: Any) -> Any:
    """Gemini parts -> a string where all is text, else canonical parts."""
    if not isinstance(parts, list):
        return parts
    if all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in parts):
        return "\n".join(p["text"] for p in parts)
    result: list[Any] = []
    for part in parts:
        file = part.get("fileData") if isinstance(part, dict) else None
        if isinstance(file, dict):
            result.append({"type": "image_url", "image_url": {"url": file.get("fileUri")}})
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            result.append({"type": "text", "text": part["text"]})
        else:
            result.append(part)
    return result


def _turn(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    role = content.get("role")
    turn = message(_ROLES.get(role, role) if isinstance(role, str) else role, _content(content.get("parts")))
    return {k: v for k, v in turn.items() if v is not None}


def _messages(value: Value) -> Any:
    contents = value.get("contents")
    if not isinstance(contents, list):
        return contents
    messages = [_turn(c) for c in contents]
    system = value.get("systemInstruction") or value.get("system_instruction")
    if isinstance(system, dict):
        messages.insert(0, message("system", _content(system.get("parts"))))
    return messages


def _read(value: Value) -> Value:
    return {"messages": _messages(value)}


def _read_preference(value: Value) -> Value:
    result: Value = {"input": {"messages": _messages(value)}}
    completions = value.get("completions")
    for entry in completions if isinstance(completions, list) else []:
        if isinstance(entry, dict):
            key = "preferred_output" if entry.get("score") in (1, 1.0) else "non_preferred_output"
            result[key] = [_turn(entry.get("completion"))]
    return result


def _write(value: Value) -> tuple[Value, list[str]]:
    lost = [k for k in value if k not in ("messages",)]
    contents: list[Any] = []
    result: Value = {}
    for turn in value.get("messages") or []:
        content = turn.get("content")
        parts = [{"text": content}] if isinstance(content, str) else _parts(content, lost)
        if turn.get("role") in ("system", "developer") and not contents and "systemInstruction" not in result:
            result["systemInstruction"] = {"parts": parts}
            continue
        if turn.get("role") not in ("user", "assistant"):
            lost.append(f"role {turn.get('role')}")
            continue
        lost.extend(k for k in ("tool_calls", "weight", "name") if k in turn)
        contents.append({"role": "model" if turn["role"] == "assistant" else "user", "parts": parts})
    result["contents"] = contents
    return result, sorted(set(lost))


def _write_preference(value: Value) -> tuple[Value, list[str]]:
    given = value.get("input")
    given = given if isinstance(given, dict) else {}
    written, lost = _write(given)
    completions = []
    for key, score in (("preferred_output", 1), ("non_preferred_output", 0)):
        side, more = _write({"messages": value.get(key)})
        lost += more
        if len(side["contents"]) > 1:
            lost.append("all but the last turn of an answer")
        completions.append({"score": score, "completion": (side["contents"] or [{"role": "model", "parts": []}])[-1]})
    return {**written, "completions": completions}, sorted(set(lost))


def _parts(content: Any, lost: list[str]) -> list[Any]:
    parts: list[Any] = []
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            parts.append({"text": part["text"]})
        else:
            lost.append("images (Gemini wants files in Cloud Storage)")
    return parts


GEMINI = Format(
    name="gemini",
    title="Gemini contents",
    shape="chat",
    technique="sft",
    signature='"contents"',
    fits=_fits,
    read=_read,
    write=_write,
)
GEMINI_PREFERENCE = Format(
    name="gemini_preference",
    title="Gemini preference pairs",
    shape="preference",
    technique="dpo",
    signature='"contents" and "completions"',
    fits=_fits_preference,
    read=_read_preference,
    write=_write_preference,
)
