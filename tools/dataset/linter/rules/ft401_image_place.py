"""FT401: an image where none may be."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Images belong to user messages."""
    for turn in example.all_turns:
        if turn.role in ("assistant", "system", "developer") and any(p.get("type") == "image_url" for p in turn.parts):
            yield Found(f"the {turn.role} message holds an image; only user messages may", turn.place)


RULE = Rule("FT401", "error", "example", check)
