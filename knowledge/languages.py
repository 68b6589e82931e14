"""Small words by which languages are told: knowledge/languages.yaml as a frozen record."""

from functools import cache

from knowledge.load import Record, read


class Languages(Record):
    """The words."""

    words: dict[str, frozenset[str]]
    """Language -> its frequent small words."""
    asks: frozenset[str]
    """Words of questions that may ask for another language."""


@cache
def languages() -> Languages:
    """The languages that can be told."""
    return read("languages.yaml", Languages)
