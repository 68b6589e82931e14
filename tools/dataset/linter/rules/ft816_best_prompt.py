"""FT816: a small set without the prompt."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Below a hundred examples, and none has a system prompt."""
    n = whole.examples
    few = int(threshold("best_prompt_below"))
    if 0 < n < few and not whole.survey.systems and context.technique == "sft":
        yield Found(
            f"there are {n} examples, none with a system prompt; below {few} the best prompt belongs in every one"
        )


RULE = Rule("FT816", "info", "dataset", check, shapes=(CHAT,))
