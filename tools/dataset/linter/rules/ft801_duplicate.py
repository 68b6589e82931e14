"""FT801: the same example again."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.repeats import repeats
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """All that is taught is equal; order of keys and spacing do not count."""
    survey = whole.survey
    for index, first in repeats(survey.keys):
        if not survey.prompts[index]:
            continue  # a conversation of nothing; FT202 says so
        yield Found(
            f"the example repeats line {survey.lines[first]:,} word for word, so it counts twice",
            line=survey.lines[index],
            offer="drop-duplicates",
        )


RULE = Rule("FT801", "warning", "dataset", check)
