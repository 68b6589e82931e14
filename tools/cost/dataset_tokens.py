"""Counts of a dataset as the estimate needs them: what an epoch is charged for, and what one request is like."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from knowledge.thresholds import threshold
from tools.cost.catalogue import Offer
from tools.cost.money import Range
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
    tokenizer: str
    why: str


def count(path: Path, offer: Offer, progress: Progress = silent) -> DatasetTokens:
    """Count a dataset for an offer.

    Raises:
        InputError: the file cannot be read.
    """
    from tools import tokens

    limit = offer.model.train_max_tokens
    model = offer.model.tokenizer if offer.model.tokenizer in ("o200k_base", "cl100k_base") else offer.name
    report = tokens.count(path, model, limit_per_example=limit, progress=progress)
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
        tokenizer, why = f"unknown; between {' and '.join(report.range.over)}", "; ".join(report.notes)
    return _means(report.examples, training, total, supervised, offer, tokenizer, why)


def _means(
    examples: int, training: Range, total: int, supervised: int, offer: Offer, tokenizer: str, why: str
) -> DatasetTokens:
    prompt = completion = None
    if examples and total:
        relative = Range(training.low / training.expected, Decimal(1), training.high / training.expected)
        whole = Decimal(total) / (2 if offer.technique == "dpo" else 1)
        answer = Decimal(supervised)
        prompt = relative * (max(whole - answer, Decimal(0)) / examples)
        completion = relative * (answer / examples) if supervised else None
    return DatasetTokens(examples, training, prompt, completion, tokenizer, why)
