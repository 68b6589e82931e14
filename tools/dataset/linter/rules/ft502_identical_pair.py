"""FT502: nothing to prefer."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import PREFERENCE, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Both sides say the same."""
    if not example.chosen or not example.rejected:
        return
    if [(t.role, t.said) for t in example.chosen] == [(t.role, t.said) for t in example.rejected]:
        yield Found(
            "the preferred and the non-preferred output are the same, so the pair teaches nothing",
            "preferred_output",
            example.chosen[0].text,
        )


RULE = Rule("FT502", "error", "example", check, shapes=(PREFERENCE,))
