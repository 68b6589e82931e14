"""FT213: keys that the format does not know."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PREFERENCE, Found, Rule
from tools.dataset.records import Severity

MESSAGE_KEYS = frozenset(
    {
        "role",
        "content",
        "name",
        "weight",
        "tool_calls",
        "tool_call_id",
        "function_call",
        "refusal",
        "audio",
        "reasoning_content",
    }
)


def check(example: Example, context: Context) -> Iterator[Found]:
    """In a message; and at the top of the object for the formats whose keys are fixed."""
    if context.format is None or not context.format.native:
        return
    rejected = context.backend is not None and context.backend.extra_keys == "rejected"
    severity: Severity | None = "error" if rejected else None
    for turn in example.all_turns:
        extra = [k for k in turn.raw if k not in MESSAGE_KEYS]
        if extra:
            keys = ", ".join(f'"{k[:40]}"' for k in extra[:4])
            yield Found(
                f"the message has the extra key {keys}, which OpenAI and Azure reject", turn.place, severity=severity
            )
    top = [k for k in example.value if context.format.keys and k not in context.format.keys]
    if top and ("messages" in example.value or "input" in example.value):
        keys = ", ".join(f'"{k[:40]}"' for k in top[:4])
        yield Found(f"the object has the extra key {keys}, which OpenAI and Azure reject", severity=severity)


RULE = Rule("FT213", "warning", "example", check, shapes=(CHAT, PREFERENCE))
