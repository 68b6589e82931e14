"""FT817: validation or held-out examples that are almost trained on."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.repeats import shared
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Near-duplicates across files; equal ones are FT804's and FT805's."""
    for kind, (name, other) in whole.others.items():
        if other.deep is None:
            continue
        exact = {theirs for _, theirs, _ in shared(whole.survey, other)}
        for near in other.deep.near:
            if near.line not in exact:
                yield Found(
                    f"line {near.line:,} of the {kind.replace('_', '-')} file {name} is {near.alike:.0%} this one",
                    line=near.other,
                )


RULE = Rule("FT817", "warning", "dataset", check)
