"""FT705: an example longer than what is trained on."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.reading import examples_at

LOOKED_AT = 20
"""Examples read again to say what would be cut."""
MAX_BYTES = 64_000_000
"""Without a backend the file is read again up to this size only."""


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """Exact tokens against the limit of the backend; without one, against OpenAI's and Azure's, as a warning."""
    backend = context.backend
    limit = context.limit or (int(threshold("max_tokens_per_example")) if backend is None else None)
    if limit is None:
        return
    column = whole.survey.tokens
    if max(column, default=0) <= limit:
        return
    over = [(whole.survey.lines[i], column[i]) for i in [i for i, t in enumerate(column) if t > limit]]
    lost = _lost(whole, context, dict(over[:LOOKED_AT]), limit)
    who = "OpenAI and Azure train" if backend is None else f"{backend.title} trains"
    for line, tokens in over:
        cut = "" if backend is None or backend.cut else " (what becomes of the rest is not documented)"
        yield Found(
            f"the example has {tokens:,} tokens; {who} on {limit:,}{cut}{lost.get(line, '')}",
            line=line,
            severity="warning" if backend is None else None,
        )


def _lost(whole: Whole, context: Context, over: dict[int, int], limit: int) -> dict[int, str]:
    """Line -> what of the answer would be cut off with the end."""
    chat, form = whole.work.chat, context.format
    if chat is None or form is None or (context.backend is None and whole.source.size > MAX_BYTES):
        return {}
    result = {}
    for example in examples_at(whole.source, form, over.keys()):
        if example.target is not None:
            result[example.line] = _words(over[example.line] - limit, chat.text.count(example.target.text))
    return result


def _words(cut: int, answer: int) -> str:
    if cut >= answer:
        return f"; cutting the end ({cut:,} tokens) loses the whole answer ({answer:,})"
    return f"; cutting the end loses {cut:,} of the answer's {answer:,} tokens"


RULE = Rule("FT705", "error", "dataset", check)
