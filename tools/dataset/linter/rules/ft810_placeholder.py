"""FT810: an answer that was never written."""

import re
from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PREFERENCE, Found, Rule

PATTERN = (
    r"(?i:todo|tbd|fixme|undefined|nan|null|\.\.\.|…|placeholder|<answer>|<response>|\[?insert [a-z ]{1,30} here\]?"
    r"|lorem ipsum[^\"]*)[ .:]{0,3}"
)
_PLACEHOLDER = re.compile(PATTERN)


def check(example: Example, context: Context) -> Iterator[Found]:
    """The whole answer is a mark for something to come, or what a program prints for nothing."""
    target = example.target
    if target is not None and not target.tool_calls and _PLACEHOLDER.fullmatch(target.text.strip()):
        yield Found(f'the answer to learn is a placeholder: "{target.text.strip()[:40]}"', target.place, target.text)


TRIGGER = b'"[ ]{0,4}' + PATTERN.encode() + b'[ ]{0,4}"'
RULE = Rule("FT810", "warning", "example", check, shapes=(CHAT, PREFERENCE), triggers=(TRIGGER,))
