"""FT808: many different system prompts."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """More than a few, or some examples with and some without."""
    survey = whole.survey
    n, different = len(survey), len(survey.systems)
    if n < 10 or not different:
        return
    with_one = survey.systems.total()
    if different > threshold("system_prompts") and different < n // 2:
        yield Found(f"there are {different} different system prompts; what is served must be among what is trained")
    elif 0.05 * n < with_one < 0.95 * n:
        yield Found(f"{with_one:,} of {n:,} examples have a system prompt; train with the prompt that will be served")


RULE = Rule("FT808", "info", "dataset", check)
