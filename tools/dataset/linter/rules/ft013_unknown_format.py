"""FT013: objects of no known format."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """There are JSON objects, but their keys are those of no training format."""
    if whole.source.readable and context.format is None and whole.work.objects:
        yield Found(f"no training format is recognised: {whole.recognised.reason}")


RULE = Rule("FT013", "error", "file", check)
