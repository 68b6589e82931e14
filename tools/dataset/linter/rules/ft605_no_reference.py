"""FT605: prompts with nothing to grade by."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import PROMPT, Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """No field beside the messages. A grader that reads the answer alone can do without."""
    if context.grader is None and not set(example.value) - {"messages", "prompt", "tools", "parallel_tool_calls"}:
        yield Found("the example has no field beside its messages that a grader could compare with")


RULE = Rule("FT605", "warning", "example", check, shapes=(PROMPT,))
