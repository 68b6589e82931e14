"""FT013: examples of no known format."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table

HEADLESS = (
    "Name the columns of question and answer with --user COLUMN --assistant COLUMN; "
    "if the first row is an example already, put a row of names above it."
)


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """There are objects or rows, but their keys are those of no training format."""
    if whole.source.readable and context.format is None and whole.work.objects:
        remedy = HEADLESS if isinstance(whole.source, Table) else ""
        yield Found(f"no training format is recognised: {whole.recognised.reason}", remedy=remedy)


RULE = Rule("FT013", "error", "file", check)
