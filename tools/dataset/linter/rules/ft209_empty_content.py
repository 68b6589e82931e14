"""FT209: a user or system message of nothing."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Empty text where a question or an instruction belongs. A tool may answer with nothing."""
    for turn in example.all_turns:
        asks = turn.role in ("user", "system", "developer")
        if asks and isinstance(turn.content, str | list) and not turn.speaks:
            yield Found(f"the {turn.role} message is empty", turn.place, turn.text)


RULE = Rule("FT209", "warning", "example", check)
