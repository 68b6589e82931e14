"""FT703: more examples than the backend takes."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.linter.words import examples_there_are


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Above the backend's limit for the technique."""
    if context.backend is None or context.technique is None:
        return
    most = context.backend.max_examples.get(context.technique)
    if most is not None and whole.examples > most:
        yield Found(f"{examples_there_are(whole.examples)}; {context.backend.title} takes at most {most:,}")


RULE = Rule("FT703", "error", "dataset", check)
