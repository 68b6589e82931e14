"""FT808: many different system prompts."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.survey import Survey
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
    yield from _spellings(survey)


def _spellings(survey: Survey) -> Iterator[Found]:
    """Prompts that differ only in case, spacing or marks: one was meant."""
    most: dict[str, str] = {}
    for system, _ in survey.systems.most_common():
        key = "".join(c for c in system.casefold() if c.isalnum())
        if key and key in most:
            yield Found(
                "the system prompt is that of most examples in another spelling; the model is served one of them only",
                line=survey.system_lines.get(system),
                excerpt=system,
            )
        most.setdefault(key, system)


RULE = Rule("FT808", "info", "dataset", check)
