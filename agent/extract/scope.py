"""Whether a message is about adapting a model at all, corrects what was said, or only says hello."""

import re
from functools import cache

from agent.extract.words import ROOT, read_yaml


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text, re.I) for name, text in read_yaml(ROOT / "scope.yaml").items()}


def off_topic(text: str, stated_facts: bool) -> bool:
    """Plainly about something else: no word of the subject, and either a known other topic or no fact at all."""
    p = _patterns()
    if not any(c.isalpha() for c in text):
        return False  # a lone mark or sign is about nothing yet
    elsewhere = p["elsewhere"].search(text)
    if p["subject"].search(p["advice"].sub(" ", text) if elsewhere else text) or p["greeting"].match(text):
        return False
    return bool(elsewhere) or (not stated_facts and bool(p["request"].search(text)))


def greets(text: str) -> bool:
    """Nothing but a greeting or a call for help."""
    return bool(_patterns()["greeting"].match(text))


def corrects(text: str) -> bool:
    """The person mends what they said before ("actually", "I meant"): not a contradiction."""
    return bool(_patterns()["correction"].search(text))
