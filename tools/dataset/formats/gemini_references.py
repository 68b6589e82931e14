"""Google's prompts for reinforcement: `contents` that end with the user, and `references` that a reward reads."""

import json
from typing import Any

from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.gemini import GEMINI

RESERVED = ("messages", "tools")
"""Names that mean something else in the canonical shape."""


def _fits(value: Value) -> bool:
    contents = value.get("contents")
    if "references" not in value or not isinstance(contents, list):
        return False
    last = contents[-1] if contents else None
    return not isinstance(last, dict) or last.get("role") != "model"


def _read(value: Value) -> Value:
    references = value.get("references")
    fields = references if isinstance(references, dict) else {}
    return {**{_field(name): text for name, text in fields.items()}, **GEMINI.read(value)}


def _field(name: str) -> str:
    return f"reference_{name}" if name in RESERVED else name


def _write(value: Value) -> tuple[Value, list[str]]:
    assert GEMINI.write is not None
    prompt = {"messages": value.get("messages")}
    written, lost = GEMINI.write(prompt)
    lost += ["tools"] * bool(value.get("tools")) + ["parallel_tool_calls"] * ("parallel_tool_calls" in value)
    fields = {k: v for k, v in value.items() if k not in (*RESERVED, "parallel_tool_calls") and v is not None}
    lost += [f"that {name} is not text (written as JSON)" for name, v in fields.items() if not isinstance(v, str)]
    return {**written, "references": {name: as_text(v) for name, v in fields.items()}}, sorted(set(lost))


def as_text(reference: Any) -> str:
    """A reference as Google holds it: text stays, all else becomes JSON text."""
    return reference if isinstance(reference, str) else json.dumps(reference, ensure_ascii=False)


GEMINI_REFERENCES = Format(
    name="gemini_references",
    title="prompts with references (Gemini reinforcement tuning)",
    shape="prompt",
    technique="rft",
    signature='"contents" that end with the user, and "references"',
    fits=_fits,
    read=_read,
    write=_write,
    keys=frozenset({"systemInstruction", "contents", "references"}),
)
