"""FT814: text that gives orders to a model."""

import re
from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule

PATTERN = (
    r"(?i)(?:ignore|disregard|forget) (?:all |any |the |your |these )*(?:previous|prior|above|earlier|preceding) "
    r"(?:instructions|messages|prompts|rules|directions)|(?:reveal|print|repeat|show) (?:me )?(?:your|the) "
    r"(?:system|hidden|initial) prompt|you are now (?:dan|in developer mode|jailbroken|unrestricted)|do anything now"
)
_ORDER = re.compile(PATTERN)


def check(example: Example, context: Context) -> Iterator[Found]:
    """Known forms of prompt injection, in what others wrote: users, tools, documents."""
    for turn in example.all_turns:
        if turn.role in ("user", "tool"):
            found = _ORDER.search(turn.text)
            if found:
                yield Found(
                    "the text tries to overrule a model's instructions; learn from it only if the answer resists it",
                    f"{turn.place}.content",
                    turn.text[max(0, found.start() - 20) :],
                )
                return


RULE = Rule("FT814", "warning", "example", check, triggers=(PATTERN.encode(),))
