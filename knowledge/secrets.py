"""What secrets and personal data look like: knowledge/secrets.yaml as frozen records."""

from functools import cache

from knowledge.load import Record, read


class Pattern(Record):
    """One kind of secret or personal datum."""

    title: str
    pattern: str
    check: str | None = None
    """Name of a further test of tools/dataset/linter/secrets.py."""
    filter: str | None = None
    """A wider pattern that a filter over whole files runs faster; None: the pattern itself."""


@cache
def secret_patterns() -> dict[str, dict[str, Pattern]]:
    """Group -> name -> pattern."""
    return read("secrets.yaml", dict[str, dict[str, Pattern]])
