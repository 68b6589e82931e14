"""FT816: a small set without the prompt."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import CHAT, Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.linter.words import examples_there_are


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Below a hundred examples: none has a system prompt, and the questions do not begin with one text either."""
    deep = whole.survey.deep
    if (deep is not None and deep.template) or (context.format is not None and context.format.name == "text"):
        return
    n = whole.examples
    few = int(threshold("best_prompt_below"))
    if 0 < n < few and not whole.survey.systems and context.technique == "sft":
        yield Found(f"{examples_there_are(n)} and no system prompt; below {few} the best prompt belongs in every one")


RULE = Rule("FT816", "info", "dataset", check, shapes=(CHAT,))
