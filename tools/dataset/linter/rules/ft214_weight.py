"""FT214: weights other than 0 and 1, or on others than the assistant."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """`weight` says whether an assistant turn is learnt: 0 or 1."""
    for turn in example.all_turns:
        weight = turn.raw.get("weight")
        if "weight" not in turn.raw or weight is None:
            continue
        if isinstance(weight, bool) or weight not in (0, 1):
            yield Found(f"the weight is {str(weight)[:20]}; only 0 and 1 are allowed", f"{turn.place}.weight")
        elif turn.role != "assistant":
            yield Found(f"a {turn.role} message has a weight; only assistant turns may", f"{turn.place}.weight")


RULE = Rule("FT214", "error", "example", check)
