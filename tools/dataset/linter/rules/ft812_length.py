"""FT812: answers far longer or shorter than the others."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from tools.dataset.linter.columns import Ascending
from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole

LEAST = 2_000
"""Characters below which no answer is called long."""
RARE = 0.02
"""Share of the answers above which a length is no outlier."""


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """A few answers of many times the median length, or a small part of it."""
    survey = whole.survey
    lengths = Ascending(survey.answer_chars)
    none = bisect_right(lengths, 0)
    answers = len(lengths) - none
    if answers < 50:
        return
    median = lengths[none + answers // 2]
    high, low = max(LEAST, threshold("length_outlier") * median), median / threshold("short_answer")
    far = len(lengths) - bisect_right(lengths, high), bisect_left(lengths, low) - none
    rare = RARE * answers
    high, low = high if far[0] <= rare else math.inf, low if far[1] <= rare else 0
    for i in [i for i, n in enumerate(survey.answer_chars) if n > high or 0 < n < low]:
        n, line = survey.answer_chars[i], survey.lines[i]
        if n > high:
            yield Found(f"the answer has {n:,} characters; half of the answers have at most {median:,}", line=line)
        else:
            few = "one character" if n == 1 else f"{n:,} characters"
            yield Found(f"the answer has only {few}; half of the answers have at least {median:,}", line=line)


RULE = Rule("FT812", "info", "dataset", check, shapes=(CHAT,))
