"""What a JSON value is, in words for people who do not write Python."""

from typing import Any


def kind(value: Any) -> str:
    """Such as "a text" or "a list"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"
