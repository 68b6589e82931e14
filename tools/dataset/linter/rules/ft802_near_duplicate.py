"""FT802: almost the same example again."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.repeats import repeats
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Most runs of words are shared with an earlier example; word-for-word repeats are FT801's."""
    survey = whole.survey
    if survey.deep is None:
        return
    exact = {survey.lines[index] for index, _ in repeats(survey.keys)}
    for near in survey.deep.near:
        if near.line not in exact:
            yield Found(
                f"the example is {near.alike:.0%} the same as line {near.other:,}, so it adds little and may leak",
                line=near.line,
            )


RULE = Rule("FT802", "info", "dataset", check)
