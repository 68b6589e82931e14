"""FT702: enough to be taken, hardly enough to learn from."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.linter.words import examples_there_are


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Below 50, gains are seldom seen."""
    few = int(threshold("few_examples"))
    floor = context.backend.least(context.technique) if context.backend else int(threshold("min_examples"))
    if context.format is not None and floor <= whole.examples < few:
        yield Found(f"{examples_there_are(whole.examples)}; gains are usually seen from 50 to 100 on")


RULE = Rule("FT702", "warning", "dataset", check)
