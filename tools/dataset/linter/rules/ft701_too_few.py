"""FT701: fewer examples than a provider takes."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.linter.words import examples_there_are


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Below the backend's floor; without a backend, below OpenAI's and Azure's."""
    if context.format is None or not whole.examples:
        return
    floor = context.backend.least(context.technique) if context.backend else int(threshold("min_examples"))
    who = f"{context.backend.title} takes" if context.backend else "OpenAI and Azure take"
    if whole.examples < floor:
        yield Found(f"{examples_there_are(whole.examples)}; {who} at least {floor}")


RULE = Rule("FT701", "error", "dataset", check)
