"""OpenAI chat: `messages`, with tools or without. Together, Fireworks and TRL conversational files are the same."""

from typing import Any

from tools.dataset.formats.base import Format, Value


def _fits(value: Value) -> bool:
    return "messages" in value


def _same(value: Value) -> Value:
    return value


def _write(value: Value) -> tuple[Value, list[str]]:
    return value, []


OPENAI_CHAT = Format(
    name="openai_chat",
    title="chat JSON Lines (OpenAI, Azure, Together, Fireworks, TRL conversational)",
    shape="chat",
    technique="sft",
    signature='"messages"',
    fits=_fits,
    read=_same,
    write=_write,
    native=True,
    keys=frozenset({"messages", "tools", "parallel_tool_calls", "functions", "metadata"}),
)


def message(role: Any, content: Any) -> dict[str, Any]:
    """A message in canonical shape."""
    return {"role": role, "content": content}
