"""Counts of a dataset as the estimate needs them: what an epoch is charged for, and what one request is like."""

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path

from knowledge.thresholds import threshold
from tools.cost.catalogue import Offer
from tools.cost.money import Range
from tools.errors import InputError
from tools.progress import Progress, silent


@dataclass(frozen=True)
class DatasetTokens:
    """Counted tokens; ranges where the base's own tokenizer or rule is not known."""

    examples: int
    training: Range
    """One epoch, each example cut at the provider's limit; a preference pair counts its prompt with each answer."""
    prompt: Range | None
    """Mean of one example's input: everything that is not trained on. One example is taken as one request."""
    completion: Range | None
    """Mean of one example's trained answer; None where the file holds no answers."""
    shared: Range | None
    """Tokens of the instructions that stand word for word in nearly every example; None when there are none."""
    tokenizer: str
    why: str
    images_unknown: bool = False
    """Images whose cost in tokens is not known are in it, so that no sum can be stated."""
    unread_lines: int = 0
    """Lines without a readable example: not priced."""
    over_limit: int = 0
    """Examples longer than the provider's limit: priced up to it."""


def count(path: Path, offer: Offer, progress: Progress = silent) -> DatasetTokens:
    """Count a dataset for an offer.

    Raises:
        InputError: the file cannot be read.
    """
    from tools import tokens

    limit = offer.model.train_max_tokens
    model = offer.model.tokenizer if offer.model.tokenizer in ("o200k_base", "cl100k_base") else offer.name
    report = tokens.count(path, model, limit_per_example=limit, progress=progress)
    if not report.examples:
        raise InputError(
            "no line of it holds a readable example, so there is nothing to price",
            where=report.file,
            remedy="Check it with: finetune-advisor lint FILE",
        )
    if report.range is None and report.trained_tokens_per_epoch is not None and report.total_tokens is not None:
        billed, total = report.trained_tokens_per_epoch, report.total_tokens
        share = Decimal(0) if report.exact else Decimal(str(threshold("cost.noted_tokens_spread")))
        training = Range(billed * (1 - share), Decimal(billed), billed * (1 + share))
        supervised = report.supervised_tokens or 0
        tokenizer, why = report.tokenizer, "; ".join(report.notes) or "the base's own tokenizer"
    else:
        stand_in = tokens.count(path, None, limit_per_example=limit, progress=progress)
        assert report.range is not None
        low, high = Decimal(report.range.low), Decimal(report.range.high)
        total, supervised = stand_in.total_tokens or 0, stand_in.supervised_tokens or 0
        middle = min(max(Decimal(total), low), high)
        training = Range(low, middle, high)
        tokenizer, why = f"unknown; the range is over {', '.join(report.range.over)}", "; ".join(report.notes)
    found = _means(report.examples, training, total, supervised, offer, tokenizer, why, shared_prompt(path, model))
    unknown = report.image_tokens is None
    return replace(found, images_unknown=unknown, unread_lines=report.unread_lines, over_limit=report.over_limit)


def shared_prompt(path: Path, model: str) -> int:
    """Tokens of the system text that opens nearly every example; 0 when none does.

    Raises:
        InputError: the file cannot be read.
    """
    from tools import tokens
    from tools.dataset.reading import Reading

    seen: Counter[str] = Counter()
    rows = 0
    for example in islice(Reading(path), int(threshold("cost.shared_prompt_rows"))):
        rows += 1
        first = example.turns[0] if example.turns else None
        if first is not None and first.role in ("system", "developer") and first.text:
            seen[first.text] += 1
    text, count = next(iter(seen.most_common(1)), ("", 0))
    if not rows or count < rows * threshold("cost.shared_prompt_share"):
        return 0
    try:
        return tokens.count_texts([text], model)[0]
    except InputError:  # the base's tokenizer is not known here: a stand-in, like the rest of the count
        return tokens.count_texts([text])[0]


def _means(
    examples: int, training: Range, total: int, supervised: int, offer: Offer, tokenizer: str, why: str, shared: int
) -> DatasetTokens:
    prompt = completion = instructions = None
    if examples and total:
        relative = Range(training.low / training.expected, Decimal(1), training.high / training.expected)
        whole = Decimal(total) / (2 if offer.technique == "dpo" else 1)
        answer = Decimal(supervised)
        prompt = relative * (max(whole - answer, Decimal(0)) / examples)
        completion = relative * (answer / examples) if supervised else None
        instructions = relative * Decimal(shared) if 0 < shared <= prompt.expected else None
    return DatasetTokens(examples, training, prompt, completion, instructions, tokenizer, why)
