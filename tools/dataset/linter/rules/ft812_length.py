"""FT812: answers far longer than the others."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole

LEAST = 2_000
"""Characters below which no answer is called long."""


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """A few answers of many times the median length."""
    survey = whole.survey
    lengths = sorted(n for n in survey.answer_chars if n)
    if len(lengths) < 50:
        return
    median = lengths[len(lengths) // 2]
    limit = max(LEAST, threshold("length_outlier") * median)
    far = sum(n > limit for n in lengths)
    if not far or far > 0.02 * len(lengths):
        return
    for line, n in zip(survey.lines, survey.answer_chars, strict=True):
        if n > limit:
            yield Found(f"the answer has {n:,} characters; half of the answers have at most {median:,}", line=line)


RULE = Rule("FT812", "info", "dataset", check, shapes=(CHAT,))
