"""FT813: text that looks like a tokenizer's control mark."""

import re
from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule

MARK = re.compile(r"<\|[a-z_0-9]{3,30}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<eos>|<bos>")
TRIGGERS = (rb"<\|", rb"\[/?INST\]", rb"<</?SYS", rb"_of_turn>", rb"<[be]os>")


def check(example: Example, context: Context) -> Iterator[Found]:
    """Marks such as <|endoftext|> or [INST] inside a message."""
    for place, text in example.texts():
        found = MARK.search(text)
        if found:
            yield Found(
                "the text holds a control mark of a tokenizer; some trainers read it as the end of the example",
                place,
                text[max(0, found.start() - 20) : found.end() + 20],
            )
            return


RULE = Rule("FT813", "warning", "example", check, triggers=TRIGGERS)
