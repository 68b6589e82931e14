"""FT210: nothing to learn at the end."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """The last turn is not the assistant's."""
    turns = example.turns
    if not turns or turns[-1].role == "assistant" or turns[-1].role is None:
        return
    last = turns[-1]
    if any(t.role == "assistant" for t in turns):
        message = f"the last turn is the {last.role}'s, so the example ends without the answer to learn"
    else:
        message = "there is no assistant turn, so there is nothing to learn"
    yield Found(message, last.place, last.text)


RULE = Rule("FT210", "error", "example", check, shapes=(CHAT,))
