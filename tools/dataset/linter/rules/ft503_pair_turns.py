"""FT503: a pair of the wrong shape for its turns."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import PREFERENCE, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """The input ends with the user's (or a tool's) turn; the outputs hold assistant and tool turns only."""
    if example.turns and example.turns[-1].role == "assistant":
        yield Found("the input already ends with an assistant turn", example.turns[-1].place)
    for turn in (*example.chosen, *example.rejected):
        if turn.role not in ("assistant", "tool", None):
            yield Found(f"an output holds a {turn.role} message; only assistant and tool may", turn.place)
            return


RULE = Rule("FT503", "error", "example", check, shapes=(PREFERENCE,))
