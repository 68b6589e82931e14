"""Counting a dataset for a model: which tokenizer, which chat rule, which limit; and what of it is not known."""

import math
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from knowledge.tokenizers import encoding_of, tokenizers
from tools.dataset.reading import Reading
from tools.progress import Progress, silent
from tools.tokens.chat import ChatCounter
from tools.tokens.encodings import BUNDLED, counter
from tools.tokens.images import count_images
from tools.tokens.records import TokenRange, TokenReport

DEFAULT_ENCODING = "o200k_base"


class Choice(NamedTuple):
    """Which tokenizer stands for a model."""

    tokenizer: str
    known: bool
    reason: str
    """Why it is not exact; empty when it is."""


def choose(model: str | None) -> Choice:
    """The tokenizer of a model: a bundled encoding, a local folder, or a stand-in that is named as one."""
    if model is None:
        return Choice(DEFAULT_ENCODING, True, "")
    if model in BUNDLED:
        return Choice(model, True, "")
    path = Path(model).expanduser()
    if path.is_dir() or path.suffix == ".json":
        return Choice(model, True, "")
    found = encoding_of(model)
    if found is not None:
        return Choice(found.encoding, True, "")
    return Choice(
        DEFAULT_ENCODING,
        False,
        f"the tokenizer of {model} is not known here; the range is over {', '.join(tokenizers().unknown.range_over)}. "
        "For an exact count name a folder with its tokenizer.json as the model.",
    )


def count_texts(texts: Sequence[str], model: str | None = None) -> list[int]:
    """Tokens of each text, the chat format not included.

    Raises:
        InputError: the model's tokenizer is not known.
    """
    return list(counter(choose(model).tokenizer).count_many(texts))


def count(
    path: Path,
    model: str | None = None,
    *,
    limit_per_example: int | None = None,
    name: str | None = None,
    progress: Progress = silent,
) -> TokenReport:
    """Count a dataset file.

    Args:
        path: the dataset.
        model: a model id (a fine-tune's too), an encoding, or a local folder with a tokenizer.json; None: o200k_base.
        limit_per_example: tokens after which the provider cuts an example; None: no cut.
        name: what to call the file.
        progress: told the bytes read.

    Returns:
        The report; for an unknown tokenizer its counts are None and `range` stands in their place.

    Raises:
        InputError: the file or the tokenizer cannot be read.
    """
    choice = choose(model)
    reading = Reading(path, name)
    names = [choice.tokenizer] if choice.known else list(tokenizers().unknown.range_over)
    counters = [ChatCounter(counter(n)) for n in names]
    sums = [0] * len(counters)
    per_example = array("Q")
    text = supervised = tool_tokens = unsure_calls = 0
    images, image_tokens = 0, 0
    image_unknown = False
    for example in reading.read(progress):
        for i, chat in enumerate(counters):
            counted = chat.count(example)
            sums[i] += counted.total
            if i == 0:
                first = counted
        here, cost = count_images(example, model)
        images += here
        image_unknown |= cost is None
        image_tokens += cost or 0
        per_example.append(first.total + (cost or 0))
        text += first.text
        supervised += first.supervised
        tool_tokens += first.tools
        unsure_calls += any(t.tool_calls for t in example.all_turns)
    notes = _notes(counters[0], choice, tool_tokens, unsure_calls, images, image_unknown)
    ordered = sorted(per_example)
    known = choice.known
    limited = [min(n, limit_per_example) for n in ordered] if limit_per_example else ordered
    return TokenReport(
        file=reading.source.name,
        model=model,
        examples=len(ordered),
        total_tokens=sum(ordered) if known else None,
        trained_tokens_per_epoch=sum(limited) if known else None,
        text_tokens=text if known else None,
        supervised_tokens=supervised if known else None,
        tool_tokens=tool_tokens,
        p50=percentile(ordered, 0.5) if known else None,
        p95=percentile(ordered, 0.95) if known else None,
        max=ordered[-1] if known and ordered else None,
        tokenizer=choice.tokenizer if known else "unknown",
        exact=not notes,
        notes=notes,
        range=None if known else TokenRange(low=min(sums), high=max(sums), over=names),
        limit_per_example=limit_per_example,
        over_limit=sum(n > limit_per_example for n in ordered) if limit_per_example else 0,
        unread_lines=reading.unread,
        images=images,
        image_tokens=None if image_unknown else image_tokens,
        source=counters[0].rule.chat_source if counters[0].rule else "",
    )


def _notes(chat: ChatCounter, choice: Choice, tools: int, calls: int, images: int, image_unknown: bool) -> list[str]:
    notes = [choice.reason] if choice.reason else []
    if choice.known and not chat.exact:
        notes.append(
            chat.rule.note
            if chat.rule and chat.rule.note
            else "there is no chat template beside the tokenizer: only the text and the role names are counted"
        )
    if tools and chat.template is None:
        notes.append(
            "tool definitions are counted by the rule published for gpt-4o; providers do not publish the others"
        )
    if calls and chat.template is None:
        notes.append("tool calls are counted as their name and arguments; what the format adds is not published")
    if image_unknown:
        notes.append("the cost of some images is not known: their size cannot be read without fetching them")
    elif images:
        notes.append("images are counted by the published rule for high detail")
    return notes


def percentile(ordered: Sequence[int], share: float) -> int | None:
    """The smallest value that at least `share` of the ordered values do not exceed; None for none."""
    if not ordered:
        return None
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]
