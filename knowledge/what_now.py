"""How to use a comparison of base and tuned, by its verdict."""

from functools import cache

from knowledge.load import Record, read


class Advice(Record):
    """One line of advice."""

    text: str
    source: str
    """A key of knowledge/sources/."""
    page: str
    """Id of the page to read about it."""


@cache
def what_now() -> dict[str, tuple[Advice, ...]]:
    """Advice by the verdict of a comparison (tools.evals.verdict.Verdict)."""
    return read("what_now.yaml", dict[str, tuple[Advice, ...]])
