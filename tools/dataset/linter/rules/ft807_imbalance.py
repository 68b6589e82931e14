"""FT807: labels that hardly occur."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The most frequent label has many times the examples of the rarest."""
    labels = whole.survey.label_table()
    if not labels or len(labels) < 2:
        return
    ordered = labels.most_common()
    (most, high), (rare, low) = ordered[0], ordered[-1]
    if high >= threshold("imbalance_ratio") * low:
        yield Found(
            f'the label "{most}" has {high:,} examples and "{rare}" has {low}; rare labels are learnt badly',
            line=whole.survey.label_lines.get(rare),
        )


RULE = Rule("FT807", "warning", "dataset", check, shapes=(CHAT,))
