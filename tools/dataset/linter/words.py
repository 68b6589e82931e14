"""Words that several rules say: what a JSON value is, for people who do not write Python, and how many there are."""

from typing import Any


def examples_there_are(n: int) -> str:
    """Such as "there are 12 examples"."""
    return "there is one example" if n == 1 else f"there are {n:,} examples"


def kind(value: Any) -> str:
    """Such as "a text" or "a list"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"
