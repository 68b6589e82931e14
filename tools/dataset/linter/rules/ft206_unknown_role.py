"""FT206: a role no provider knows."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.example import ROLES, Example
from tools.dataset.formats.sharegpt import SPEAKERS
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.words import kind

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
LISTS: tuple[str, ...] = ("messages", "prompt", "completion", "chosen", "rejected")
LISTS += ("preferred_output", "non_preferred_output", "conversations", "conversation")


def check(example: Example, context: Context) -> Iterator[Found]:
    """Anything but system, developer, user, assistant, tool (and the old function)."""
    contents = example.source.get("contents")
    for index, content in enumerate(contents if isinstance(contents, list) else []):
        if isinstance(content, dict) and content.get("role") == "assistant":
            yield Found('the role "assistant" is called model at Gemini', f"contents[{index}]")
    for turn in example.all_turns:
        role = turn.raw.get("role")
        if role is None or role in ROLES:
            continue
        shown = role if isinstance(role, str) else kind(role)
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
    """Rename the spellings that are certain, wherever the format keeps its turns."""
    given = value.get("input")
    for turns in (given.get("messages") if isinstance(given, dict) else None, *map(value.get, LISTS)):
        for message in turns if isinstance(turns, list) else []:
            if isinstance(message, dict):
                _rename(message, "role" if "role" in message else "from")
    for content in contents if isinstance(contents := value.get("contents"), list) else []:
        if isinstance(content, dict) and meant(content.get("role")) == "assistant":
            content["role"] = "model"
    return value


def _rename(message: dict[str, Any], key: str) -> None:
    role = message.get(key)
    sound = SPEAKERS if key == "from" else ROLES
    if isinstance(role, str) and role not in sound and (known := meant(role)):
        message[key] = known


RULE = Rule("FT206", "error", "example", check, fix=fix)
