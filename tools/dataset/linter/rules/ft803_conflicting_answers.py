"""FT803: one question, two answers."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.repeats import NOTHING, repeats
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The input is equal to an earlier one, the answer is another."""
    survey = whole.survey
    for index, first in repeats(survey.prompts):
        if survey.prompts[index] == NOTHING:
            continue  # plain text, or an answer to nobody
        if survey.keys[index] != survey.keys[first] and survey.answer_chars[index] and survey.answer_chars[first]:
            yield Found(
                f"the prompt of line {survey.lines[first]:,} has another answer here; the model would learn neither",
                line=survey.lines[index],
            )


RULE = Rule("FT803", "warning", "dataset", check, shapes=(CHAT,))
