"""FT705: an example longer than what is trained on."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """Exact tokens against the limit of the backend; without one, against OpenAI's and Azure's, as a warning."""
    if context.tokens_of is None:
        return
    limit = context.limit or (int(threshold("max_tokens_per_example")) if context.backend is None else None)
    if limit is None:
        return
    tokens = context.tokens_of(example)
    if tokens <= limit:
        return
    if context.backend is not None:
        cut = f"; {context.backend.cut}" if context.backend.cut else ""
        yield Found(f"the example has {tokens:,} tokens; {context.backend.title} trains on {limit:,}{cut}")
    else:
        yield Found(
            f"the example has {tokens:,} tokens; OpenAI and Azure train on {limit:,} and cut off the end, the answer",
            severity="warning",
        )


RULE = Rule("FT705", "error", "example", check)
