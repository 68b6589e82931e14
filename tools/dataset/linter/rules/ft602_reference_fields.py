"""FT602: a field the grader reads, missing in a row."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.graders import item_paths
from tools.dataset.linter.rule import PROMPT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Every `item.X` of the grader must stand in every example."""
    for path in item_paths(context):
        if not _there(example.value, path) and not _there(example.source, path):
            yield Found(f"the grader reads item.{'.'.join(path)[:60]}, which this example does not have")
            return


def _there(value: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(value, dict) or value.get(key) is None:
            return False
        value = value[key]
    return True


RULE = Rule("FT602", "error", "example", check, shapes=(PROMPT,))
