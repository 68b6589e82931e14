"""FT204: something else among the messages."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.words import kind


def check(example: Example, context: Context) -> Iterator[Found]:
    """An item of a message list that is no object."""
    given = example.value.get("input")
    lists = {
        "messages": example.value.get("messages"),
        "input.messages": given.get("messages") if isinstance(given, dict) else None,
        "preferred_output": example.value.get("preferred_output"),
        "non_preferred_output": example.value.get("non_preferred_output"),
    }
    for place, items in lists.items():
        for index, item in enumerate(items if isinstance(items, list) else []):
            if not isinstance(item, dict):
                yield Found(
                    f"a message is {kind(item)} where an object with role and content must stand",
                    f"{place}[{index}]",
                    str(item)[:120],
                )


RULE = Rule("FT204", "error", "example", check)
