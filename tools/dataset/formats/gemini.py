"""Google's `contents`: roles user and model, text in parts; and its preference pairs."""

from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message
from tools.dataset.formats.gemini_tools import Calls, calls_of, declarations, response_of, tools_of

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
    return [_part(p) for p in parts]


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    file, data = part.get("fileData"), part.get("inlineData")
    if isinstance(file, dict):
        return {"type": "image_url", "image_url": {"url": file.get("fileUri")}}
    if isinstance(data, dict):
        return {"type": "image_url", "image_url": {"url": f"data:{data.get('mimeType')};base64,{data.get('data')}"}}
    return {"type": "text", "text": part["text"]} if isinstance(part.get("text"), str) else part


def _messages(value: Value) -> Any:
    contents = value.get("contents")
    if not isinstance(contents, list):
        return contents
    messages: list[Any] = []
    system = value.get("systemInstruction") or value.get("system_instruction")
    if isinstance(system, dict):
        messages.append(message("system", _content(system.get("parts"))))
    calls = Calls()
    for content in contents:
        messages += _turns(content, calls)
    return messages


def _turns(content: Any, calls: Calls) -> list[Any]:
    """One content: a turn, with the calls it makes; results of functions are turns of their own."""
    if not isinstance(content, dict):
        return [content]
    role, parts = content.get("role"), content.get("parts")
    made: list[Value] = []
    results: list[Value] = []
    rest = parts
    if isinstance(parts, list):
        rest = []
        for part in parts:
            if isinstance(part, dict) and isinstance(part.get("functionCall"), dict):
                made.append(calls.made(part["functionCall"]))
            elif isinstance(part, dict) and isinstance(part.get("functionResponse"), dict):
                results.append(calls.answered(part["functionResponse"]))
            else:
                rest.append(part)
    if results and not rest:
        return results
    turn = message(
        _ROLES.get(role, role) if isinstance(role, str) else role, _content(rest) if rest or not made else None
    )
    turn = {k: v for k, v in turn.items() if v is not None}
    return [*results, {**turn, "tool_calls": made} if made else turn]


def _read(value: Value) -> Value:
    result: Value = {"messages": _messages(value)}
    if "tools" in value:
        result["tools"] = tools_of(value["tools"])
    return result


def _read_preference(value: Value) -> Value:
    result: Value = {"input": {"messages": _messages(value)}}
    completions = value.get("completions")
    for entry in completions if isinstance(completions, list) else []:
        if isinstance(entry, dict):
            key = "preferred_output" if entry.get("score") in (1, 1.0) else "non_preferred_output"
            result[key] = _turns(entry.get("completion"), Calls())
    return result


def _write(value: Value) -> tuple[Value, list[str]]:
    lost = [k for k in value if k not in ("messages", "tools")]
    contents: list[Value] = []
    result: Value = {}
    names: dict[str, str] = {}
    for turn in value.get("messages") or []:
        role, parts = turn.get("role"), _parts(turn.get("content"), lost)
        lost.extend(k for k in ("weight", "name") if k in turn)
        if role in ("system", "developer") and not contents and "systemInstruction" not in result:
            result["systemInstruction"] = {"parts": parts}
        elif role == "tool":
            response = {"name": names.get(str(turn.get("tool_call_id")), ""), "response": response_of(turn)}
            if not contents or "functionResponse" not in contents[-1]["parts"][0]:
                contents.append({"role": "user", "parts": []})
            contents[-1]["parts"].append({"functionResponse": response})
        elif role in ("user", "assistant"):
            parts += calls_of(turn, names)
            contents.append({"role": "model" if role == "assistant" else "user", "parts": parts})
        else:
            lost.append(f"role {role}")
    result["contents"] = contents
    if value.get("tools"):
        result["tools"] = declarations(value["tools"])
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
    if isinstance(content, str):
        return [{"text": content}]
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
