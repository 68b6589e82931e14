"""FT705: an example longer than what is trained on."""

from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.jsonline import decode
from tools.dataset.linter.context import Context, threshold
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.source import TooLong
from tools.dataset.table import open_source

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
    over = [(n, t) for n, t in zip(whole.survey.lines, whole.survey.tokens, strict=True) if t > limit]
    lost = _lost(whole, context, dict(over[:LOOKED_AT]), limit) if over else {}
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
    for block in open_source(whole.source.path, whole.source.name).blocks():
        for number, raw in zip(block.numbers, block.lines, strict=True):
            if number not in over or isinstance(raw, TooLong) or not (decoded := decode(raw)).ok:
                continue
            target = Example(number, form.shape, form.read(decoded.value), decoded.value).target
            if target is not None:
                result[number] = _words(over[number] - limit, chat.text.count(target.text))
        if len(result) == len(over) or block.numbers[-1] >= max(over):
            break
    return result


def _words(cut: int, answer: int) -> str:
    if cut >= answer:
        return f"; cutting the end ({cut:,} tokens) loses the whole answer ({answer:,})"
    return f"; cutting the end loses {cut:,} of the answer's {answer:,} tokens"


RULE = Rule("FT705", "error", "dataset", check)
