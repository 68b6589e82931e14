"""FT603: a grader no provider takes, or whose templates point at nothing."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.graders import faults
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Its type, its required fields, and each `{{…}}` in it."""
    if context.grader is not None and whole.request.grader is not None:
        for words, place in faults(context.grader, context.response_schema):
            yield Found(words, place, file=whole.request.grader.name)


RULE = Rule("FT603", "error", "file", check)
