"""The dataset formats: how each is recognised, read into the canonical shape, and written from it.

One file a format. `recognise` looks at the keys of a few examples, never at the file's name, and says why.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tools.dataset.formats.base import Format
from tools.dataset.formats.chat import OPENAI_CHAT
from tools.dataset.formats.gemini import GEMINI, GEMINI_PREFERENCE
from tools.dataset.formats.instruct import ALPACA, PROMPT_COMPLETION, TEXT
from tools.dataset.formats.openai import OPENAI_DPO, OPENAI_RFT
from tools.dataset.formats.preference import TRL_PREFERENCE, TRL_PROMPT_ONLY, TRL_UNPAIRED
from tools.dataset.formats.sharegpt import SHAREGPT

# Most specific first: the first that fits an example is taken for it.
FORMATS: tuple[Format, ...] = (
    OPENAI_DPO,
    GEMINI_PREFERENCE,
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


def recognise(values: Sequence[Any]) -> Recognised:
    """Judge by the parsed values of the first lines (those that are objects)."""
    objects = [v for v in values if isinstance(v, dict) and v]
    if not objects:
        return Recognised(None, "no line holds a JSON object", {})
    seen: Counter[str] = Counter()
    for value in objects:
        for candidate in FORMATS:
            if candidate.fits(value):
                seen[candidate.name] += 1
                break
    if not seen:
        keys = ", ".join(sorted({k for v in objects[:20] for k in v})[:8])
        return Recognised(None, f"no known format has the keys {keys}", {})
    _chat_or_prompts(seen, objects)
    name, count = seen.most_common(1)[0]
    chosen = BY_NAME[name]
    of = "all" if count == len(objects) else f"{count} of"
    reason = f"{of} {len(objects)} examples looked at have {chosen.signature}"
    return Recognised(chosen, reason, {k: n for k, n in seen.items() if k != name})


def _chat_or_prompts(seen: Counter[str], objects: Sequence[dict[str, Any]]) -> None:
    """Chat examples and RFT prompts look alike line by line; the majority of the file decides."""
    chat, rft = seen.get("openai_chat", 0), seen.get("openai_rft", 0)
    if not chat or not rft:
        return
    winner, loser = ("openai_rft", "openai_chat") if rft > chat else ("openai_chat", "openai_rft")
    seen[winner] += seen.pop(loser)
