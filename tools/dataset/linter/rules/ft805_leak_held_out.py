"""FT805: held-out rows that are trained on."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.repeats import shared
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Equal examples, or equal inputs, in the training and the held-out file."""
    if "held_out" not in whole.others:
        return
    name, other = whole.others["held_out"]
    for line, theirs, exact in shared(whole.survey, other):
        what = "the example" if exact else "the prompt"
        yield Found(
            f"{what} stands in the held-out file {name} too (line {theirs:,}), so the verdict would be worth nothing",
            line=line,
        )


RULE = Rule("FT805", "error", "dataset", check)
