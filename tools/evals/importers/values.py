"""Values of a results file into those of a sample; what cannot be one is an error that says what it is instead."""

import math
from typing import Any

import orjson

_WORDS = {"true": True, "yes": True, "pass": True, "false": False, "no": False, "fail": False}
_UNKNOWN = {"", "null", "none", "nan", "na", "n/a"}


def text(value: Any) -> str | None:
    """Text as it is; anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def identifier(value: Any) -> str:
    """An id: non-empty text or a whole number. Raises ValueError."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(
        "is missing" if value is None or value == "" else f"must be text or a whole number, is {shown(value)}"
    )


def flag(value: Any) -> bool | None:
    """True or false, also as 1 and 0; None stays unknown. Raises ValueError."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    raise ValueError(f"must be true or false, is {shown(value)}")


def number(value: Any) -> float | None:
    """A finite number; true and false count 1 and 0; null and NaN are unknown. Raises ValueError."""
    if value is None:
        return None
    if isinstance(value, (bool, int, float)):
        try:
            result = float(value)
        except OverflowError:
            raise ValueError(f"must be a finite number, is {shown(value)}") from None
        if math.isnan(result):
            return None
        if math.isfinite(result):
            return result
    raise ValueError(f"must be a finite number, is {shown(value)}")


def count(value: Any) -> int | None:
    """A whole number from 0 to 2 billion; None stays unknown. Raises ValueError."""
    result = number(value)
    if result is None:
        return None
    if result < 0 or result != int(result) or result > 2_000_000_000:
        raise ValueError(f"must be a whole number from 0, is {shown(value)}")
    return int(result)


def from_csv(value: str | None) -> Any:
    """What a CSV cell of a score means: a word for yes or no, a number, or unknown; other text stays text."""
    if value is None or value.strip().lower() in _UNKNOWN:
        return None
    word = value.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    try:
        return float(word)
    except ValueError:
        return value


def shown(value: Any) -> str:
    """A value in an error message: short, and never over one line."""
    return repr(value if len(repr(value)) < 60 else repr(value)[:57] + "...").replace("\n", " ")
