"""Whether a message asks something of the adviser itself: where the data is, who speaks, what comes next."""

import re
from functools import cache

from agent.extract.words import ROOT, read_yaml

LONGEST = 120
"""Characters; more than that tells of a task."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text, re.I) for name, text in read_yaml(ROOT / "asides.yaml").items()}


def aside(text: str) -> str | None:
    """What a short message asks of the adviser itself: a key of agent/extract/patterns/asides.yaml."""
    short = " ".join(text.split())
    if len(short) > LONGEST:
        return None
    return next((name for name, pattern in _patterns().items() if pattern.search(short)), None)
