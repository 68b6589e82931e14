"""OpenAI's other two shapes: preference pairs (DPO) and prompts with reference fields (RFT)."""

from tools.dataset.formats.base import Format, Value

_CHAT_KEYS = {"messages", "tools", "parallel_tool_calls", "functions", "metadata"}


def _is_dpo(value: Value) -> bool:
    return "preferred_output" in value or "non_preferred_output" in value


def _is_rft(value: Value) -> bool:
    """Prompts that end with the user's turn, beside fields a grader can read."""
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages or not set(value) - _CHAT_KEYS:
        return False
    last = messages[-1]
    return isinstance(last, dict) and last.get("role") == "user"


def _same(value: Value) -> Value:
    return value


def _write(value: Value) -> tuple[Value, list[str]]:
    return value, []


OPENAI_DPO = Format(
    name="openai_dpo",
    title="preference pairs (OpenAI, Azure, Together, Fireworks)",
    shape="preference",
    technique="dpo",
    signature='"preferred_output" and "non_preferred_output"',
    fits=_is_dpo,
    read=_same,
    write=_write,
    native=True,
    keys=frozenset({"input", "preferred_output", "non_preferred_output"}),
)

OPENAI_RFT = Format(
    name="openai_rft",
    title="prompts with reference fields (OpenAI and Azure RFT)",
    shape="prompt",
    technique="rft",
    signature='"messages" that end with the user, beside fields a grader can read',
    fits=_is_rft,
    read=_same,
    write=_write,
    native=True,
)
