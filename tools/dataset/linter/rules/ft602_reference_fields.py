"""FT602: a field the grader reads, missing in a row."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.graders import item_fields
from tools.dataset.linter.rule import PROMPT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Every `item.X` of the grader must stand in every example."""
    for name in item_fields(context):
        if name not in example.source or example.source[name] is None:
            yield Found(f"the grader reads item.{name[:60]}, which this example does not have")
            return


RULE = Rule("FT602", "error", "example", check, shapes=(PROMPT,))
