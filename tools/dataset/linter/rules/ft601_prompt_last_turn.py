"""FT601: a prompt that is already answered."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import PROMPT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Prompts for reinforcement end with the user's turn."""
    last = example.turns[-1] if example.turns else None
    if last is not None and last.role is not None and last.role not in ("user", "tool"):
        yield Found(
            f"the prompt ends with the {last.role}'s turn; the model must answer it itself", last.place, last.text
        )


RULE = Rule("FT601", "error", "example", check, shapes=(PROMPT,))
