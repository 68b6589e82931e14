"""FT818: refusals as a large share of the answers."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, PREFERENCE, Found, Rule
from tools.dataset.linter.whole import Whole

LEAST = 3


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """More of the answers than the threshold are refusals (FT809 names each)."""
    refusals, n = whole.count_of("FT809"), whole.examples
    if n >= 10 and refusals >= LEAST and refusals > threshold("refusal_share") * n:
        yield Found(f"{refusals:,} of {n:,} answers ({refusals / n:.0%}) are refusals, so the model would refuse more")


RULE = Rule("FT818", "warning", "dataset", check, shapes=(CHAT, PREFERENCE))
