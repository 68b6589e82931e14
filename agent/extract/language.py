"""Which of our languages a message is in: by script and by its small words."""

import re
from functools import cache

from agent.extract.words import ROOT, read_yaml

_LETTERS = {"de": "äöüß", "es": "ñ¿¡áíóú", "fr": "èêçàœâîôû"}
"""Letters that speak for a language (not proof: a name may hold them)."""
_WORD = re.compile(r"(?<![a-zà-ÿœß\d])[a-zà-ÿœß]+(?![a-zà-ÿœß\d])", re.I)
"""Whole words: the letters of "o4" or "3k" speak for no language."""


@cache
def _stopwords() -> dict[str, frozenset[str]]:
    data: dict[str, str] = read_yaml(ROOT / "stopwords.yaml")
    return {language: frozenset(text.split()) for language, text in data.items()}


def detect(message: str, default: str = "en") -> str:
    """The language of a message; `default` when the message does not tell (a number, a name, "ok")."""
    han = sum("\u4e00" <= c <= "\u9fff" for c in message)
    if han and han * 3 >= sum(c.isalpha() for c in message) * 0.6:
        return "zh"
    found = [w.lower() for w in _WORD.findall(message[:5000])]
    words = _stopwords()
    shared = words["shared"]
    counts = {
        language: sum(0.5 if w in shared else 1 for w in found if w in stop)
        for language, stop in words.items()
        if language != "shared"
    }
    for language, letters in _LETTERS.items():
        counts[language] += sum(c in letters for c in message.lower())
    best = max(counts, key=lambda language: (counts[language], language == default))
    if (
        counts[best] == 0
        or (counts[best] < 2 and len(found) > 3 and best != default and counts.get(default, 0) > 0)
        or counts[best] == counts.get(default, 0)
    ):
        return default
    return best
