"""FT206: a role no provider knows."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.example import ROLES, Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule

# Other words for the same speaker; to rename them changes nothing that is taught.
SAME = {
    "human": "user",
    "prompter": "user",
    "customer": "user",
    "bot": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "instruction": "system",
}


def check(example: Example, context: Context) -> Iterator[Found]:
    """Anything but system, developer, user, assistant, tool (and the old function)."""
    for turn in example.all_turns:
        role = turn.raw.get("role")
        if role is None or role in ROLES:
            continue
        shown = role if isinstance(role, str) else type(role).__name__
        known = meant(role)
        hint = f'; "{known}" is meant' if known else ""
        yield Found(f'the role "{shown[:40]}" is not one of system, user, assistant, tool{hint}', turn.place)


def meant(role: Any) -> str | None:
    """The known role that a spelling stands for; None when that is not certain."""
    if not isinstance(role, str):
        return None
    plain = role.strip().lower()
    return plain if plain in ROLES else SAME.get(plain)


def fix(value: dict[str, Any]) -> dict[str, Any]:
    """Rename the spellings that are certain."""
    for message in value.get("messages") or []:
        if isinstance(message, dict) and message.get("role") not in ROLES and (known := meant(message.get("role"))):
            message["role"] = known
    return value


RULE = Rule("FT206", "error", "example", check, fix=fix)
