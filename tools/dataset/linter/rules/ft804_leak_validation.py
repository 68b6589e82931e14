"""FT804: validation rows that are trained on."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.repeats import shared
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Equal examples, or equal inputs, in the training and the validation file."""
    if "validation" not in whole.others:
        return
    name, other = whole.others["validation"]
    for line, theirs, exact in shared(whole.survey, other):
        what = "the example" if exact else "the prompt"
        yield Found(
            f"{what} stands in the validation file {name} too (line {theirs:,}), so the validation loss would flatter",
            line=line,
            severity=None if exact else "warning",
        )


RULE = Rule("FT804", "error", "dataset", check)
