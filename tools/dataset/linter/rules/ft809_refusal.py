"""FT809: the model is taught to refuse."""

import re
from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import CHAT, PREFERENCE, Found, Rule

PATTERN = (
    r"(?i)(?:as an ai(?: language)? model|i(?:'|’)?m (?:sorry|afraid),? (?:but )?i (?:can(?:'|’)?t|cannot|am unable)"
    r"|i (?:cannot|can(?:'|’)?t|am unable to) (?:assist|help|comply|fulfill|provide) "
    r"(?:with )?(?:that|this|your request))"
)
_REFUSAL = re.compile(PATTERN)


def check(example: Example, context: Context) -> Iterator[Found]:
    """The answer to learn begins like a refusal."""
    target = example.target
    if target is not None:
        refusal = target.raw.get("refusal")
        if isinstance(refusal, str) and refusal.strip():
            yield Found("the answer to learn is a refusal", f"{target.place}.refusal", refusal)
            return
        found = _REFUSAL.search(target.text[:300])
        if found:
            yield Found(
                "the answer to learn is a refusal or speaks as an AI", target.place, target.text[found.start() :]
            )


RULE = Rule(
    "FT809", "info", "example", check, shapes=(CHAT, PREFERENCE), triggers=(PATTERN.encode(), rb'"refusal"\s*:\s*"')
)
