"""What tools say, in other languages: English template -> template, by language, one file a topic."""

from functools import cache

from knowledge.load import ROOT, read

FOLDER = "said"
LANGUAGES = ("de", "es", "fr", "zh")


@cache
def said_words(language: str) -> dict[str, str]:
    """All templates of a language; empty where there are none. Values stand in both as {holes} of the same names."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / FOLDER / language).glob("*.yaml")) if language in LANGUAGES else ():
        found |= read(str(path.relative_to(ROOT)), dict[str, str])
    return found
