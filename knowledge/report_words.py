"""Words of the decision record in five languages."""

from functools import cache
from typing import Any

from knowledge.load import read

LANGUAGES = ("en", "de", "es", "fr", "zh")


@cache
def report_words(language: str) -> dict[str, Any]:
    """The words of a language, English where we do not have it."""
    return read(f"report/{language if language in LANGUAGES else 'en'}.yaml", dict[str, Any])


@cache
def steps_done() -> dict[str, tuple[str, ...]]:
    """Way that was measured -> the rules' steps that are done with it."""
    return read("report/done.yaml", dict[str, tuple[str, ...]])
