"""FT215: every answer switched off."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """All assistant turns have weight 0."""
    weights = [t.raw.get("weight", 1) for t in example.turns if t.role == "assistant"]
    if weights and all(w == 0 for w in weights):
        yield Found("every assistant turn has weight 0, so nothing of this example is learnt", "messages")


RULE = Rule("FT215", "error", "example", check, shapes=(CHAT,))
