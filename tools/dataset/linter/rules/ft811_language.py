"""FT811: an answer in another language than its question."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.language import named
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Rare in a set whose other answers keep the question's language; where it is common, it is the task."""
    deep = whole.survey.deep
    if deep is None or whole.survey.with_tools > len(whole.survey) // 2:
        return
    count = sum(map(len, deep.other_language.values()))
    if count > threshold("other_language_share") * deep.judged:
        return
    for (asked, answered), lines in sorted(deep.other_language.items()):
        for line in lines:
            yield Found(
                f"the question is in {named(asked)} and the answer in {named(answered)}, unlike the others", line=line
            )


RULE = Rule("FT811", "info", "dataset", check, shapes=(CHAT,))
