"""The dataset formats: how each is recognised, read into the canonical shape, and written from it.

One file a format. `recognise` looks at the keys of a few examples, never at the file's name, and says why.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tools.dataset.formats.base import Format
from tools.dataset.formats.bedrock import BEDROCK
from tools.dataset.formats.chat import OPENAI_CHAT
from tools.dataset.formats.columns import Columns, by_columns, chosen, guess
from tools.dataset.formats.gemini import GEMINI, GEMINI_PREFERENCE
from tools.dataset.formats.gemini_references import GEMINI_REFERENCES
from tools.dataset.formats.instruct import ALPACA, PROMPT_COMPLETION, TEXT
from tools.dataset.formats.openai import OPENAI_DPO, OPENAI_RFT
from tools.dataset.formats.preference import TRL_PREFERENCE, TRL_PROMPT_ONLY, TRL_UNPAIRED
from tools.dataset.formats.sharegpt import SHAREGPT

# Most specific first: the first that fits an example is taken for it.
FORMATS: tuple[Format, ...] = (
    OPENAI_DPO,
    BEDROCK,
    GEMINI_PREFERENCE,
    GEMINI_REFERENCES,
    GEMINI,
    SHAREGPT,
    TRL_PREFERENCE,
    TRL_UNPAIRED,
    OPENAI_RFT,
    OPENAI_CHAT,
    PROMPT_COMPLETION,
    ALPACA,
    TRL_PROMPT_ONLY,
    TEXT,
)
BY_NAME: dict[str, Format] = {f.name: f for f in FORMATS}


class Recognised(NamedTuple):
    """What a file is."""

    format: Format | None
    reason: str
    others: dict[str, int]
    """Other formats seen among the examples looked at, and how often."""
    columns: Columns | None = None
    """Which columns hold what, where that is how the examples are read."""


def recognise(values: Sequence[Any], columns: Columns | None = None, kind: str = "columns") -> Recognised:
    """Judge by the parsed values of the first lines (those that are objects).

    Args:
        values: the parsed values.
        columns: the columns a person named; they count before anything else.
        kind: the table's kind ("csv", "parquet"), or "columns" for JSON.

    Raises:
        InputError: a named column is not there.
    """
    objects = [v for v in values if isinstance(v, dict) and v]
    if not objects:
        return Recognised(
            None, "no line holds a JSON object with keys" if kind == "columns" else "the table has no rows", {}
        )
    if columns is not None and columns.named:
        keys = dict.fromkeys(k for v in objects for k in v)
        said = chosen(columns, list(keys))
        form = by_columns(said, kind)
        return Recognised(form, f"asked for: {form.signature}", {}, said)
    seen: Counter[str] = Counter()
    for value in objects:
        for candidate in FORMATS:
            if candidate.fits(value):
                seen[candidate.name] += 1
                break
    _chat_or_prompts(seen, objects)
    if not seen or (found := seen.most_common(1)[0][0]) == "text" or (kind != "columns" and found == "trl_prompt_only"):
        own = guess(objects[:20])
        if own is not None:
            own = _with_system(own, columns)
            form = by_columns(own, kind)
            count = sum(form.fits(v) for v in objects)
            return Recognised(form, _reason(form, count, len(objects)), dict(seen), own)
    if not seen:
        keys = dict.fromkeys(k for v in objects[:20] for k in v)
        what = "columns" if kind != "columns" else "keys"
        if (inside := _wrapped(objects)) is not None:
            return Recognised(
                None, f'the examples stand in a list under the key "{inside}"; write each on its own line', {}
            )
        return Recognised(None, f"no known format has the {what} {', '.join(sorted(map(str, keys))[:8])}", {})
    name, count = seen.most_common(1)[0]
    form = BY_NAME[name]
    return Recognised(form, _reason(form, count, len(objects)), {k: n for k, n in seen.items() if k != name})


def _wrapped(objects: Sequence[dict[str, Any]]) -> str | None:
    """The key of the one list of objects that a single object holds."""
    if len(objects) != 1:
        return None
    lists = [k for k, v in objects[0].items() if isinstance(v, list) and v and all(isinstance(i, dict) for i in v)]
    return lists[0] if len(lists) == 1 else None


def _with_system(own: Columns, asked: Columns | None) -> Columns:
    if asked is None or (asked.system is None and asked.system_column is None):
        return own
    return own._replace(system=asked.system, system_column=asked.system_column)


def _reason(form: Format, count: int, of: int) -> str:
    if of == 1:
        return f"the one example looked at has {form.signature}"
    return f"{'all' if count == of else f'{count} of'} {of} examples looked at have {form.signature}"


def _chat_or_prompts(seen: Counter[str], objects: Sequence[dict[str, Any]]) -> None:
    """Chat examples and RFT prompts look alike line by line; the majority of the file decides."""
    chat, rft = seen.get("openai_chat", 0), seen.get("openai_rft", 0)
    if not chat or not rft:
        return
    winner, loser = ("openai_rft", "openai_chat") if rft > chat else ("openai_chat", "openai_rft")
    seen[winner] += seen.pop(loser)
