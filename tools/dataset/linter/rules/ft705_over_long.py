"""FT705: an example longer than what is trained on."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Exact tokens against the limit of the backend; without one, against OpenAI's and Azure's, as a warning."""
    backend = context.backend
    limit = context.limit or (int(threshold("max_tokens_per_example")) if backend is None else None)
    if limit is None:
        return
    for line, tokens in zip(whole.survey.lines, whole.survey.tokens, strict=True):
        if tokens <= limit:
            continue
        if backend is not None:
            cut = f"; {backend.cut}" if backend.cut else ""
            yield Found(f"the example has {tokens:,} tokens; {backend.title} trains on {limit:,}{cut}", line=line)
        else:
            yield Found(
                f"the example has {tokens:,} tokens; OpenAI and Azure train on {limit:,} and cut the end off",
                line=line,
                severity="warning",
            )


RULE = Rule("FT705", "error", "dataset", check)
