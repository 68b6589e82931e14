"""FT706: a format the backend does not take."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The backend asked for takes other formats for this technique, or not this technique."""
    if context.backend is None or context.format is None or context.technique is None:
        return
    taken = context.backend.formats.get(context.technique)
    if taken is None:
        yield Found(f"{context.backend.title} does not offer {context.technique}")
    elif context.format.name not in taken:
        yield Found(f"the file is {context.format.title}; {context.backend.title} takes {', '.join(taken)}")


RULE = Rule("FT706", "error", "file", check)
