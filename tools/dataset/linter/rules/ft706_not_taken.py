"""FT706: a format the backend does not take."""

from collections.abc import Iterator

from tools.dataset.formats import BY_NAME
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole

CONVERT = "Convert it: finetune-advisor convert FILE --to {to} --out NEW.jsonl, or choose another backend."


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The backend asked for takes other formats for this technique, or not this technique."""
    if context.backend is None or context.format is None or context.technique is None:
        return
    taken = context.backend.formats.get(context.technique)
    if taken is None:
        yield Found(f"{context.backend.title} does not offer {context.technique}")
    elif context.format.name not in taken:
        words = f"the file is {context.format.title}; {context.backend.title} takes {', '.join(taken)}"
        able = [n for n in taken if (f := BY_NAME.get(n)) and f.write and f.shape == context.format.shape]
        yield Found(words, remedy=CONVERT.format(to=able[0]) if able else "")


RULE = Rule("FT706", "error", "file", check)
