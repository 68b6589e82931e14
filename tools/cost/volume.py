"""How many tokens: of the training file, and of one request before and after tuning."""

from dataclasses import dataclass
from decimal import Decimal

from tools.cost.book import Book, number
from tools.cost.catalogue import Offer
from tools.cost.money import Amount, Range, Unknown, exactly
from tools.cost.request import CostRequest
from tools.progress import Progress, silent


@dataclass(frozen=True)
class Volume:
    """Counts that prices are multiplied with; a range where the tokenizer is not the base's own."""

    examples: int | None
    training_tokens: Amount
    validation_tokens: Range
    prompt_tokens: Amount
    completion_tokens: Amount
    baseline_prompt_tokens: Amount
    baseline_completion_tokens: Amount
    shared_tokens: Range | None
    """Instructions that stand in nearly every example of the dataset: what a tuned prompt may leave out."""
    unread_lines: int = 0
    over_limit: int = 0


UNMEASURED = {
    "prompt_tokens": "no file of examples was given to measure the length of a request on",
    "completion_tokens": "no file of examples was given to measure the length of an answer on",
}
"""Why the length of one request or answer is not known, in words that a reader of the page knows too."""


def spread_if_inexact(tokens: Decimal | int, exact: bool) -> Range:
    """The count itself, or a range around it when it was made with another tokenizer."""
    if exact:
        return exactly(tokens)
    share = number("inexact_tokens_spread")
    return Range(tokens * (1 - share), Decimal(tokens), tokens * (1 + share))


def in_count(value: Range) -> str:
    """Tokens for people: rounded, with the range where there is one."""
    low, middle, high = (f"{round(x):,}" for x in (value.low, value.expected, value.high))
    words = middle if low == high else f"{middle} ({low} to {high})"
    return f"{words} {'token' if words == '1' else 'tokens'}"


def measure(request: CostRequest, offer: Offer, book: Book, progress: Progress = silent) -> Volume:
    """Take the counts of the request; count the dataset for those that are not given.

    Raises:
        InputError: the dataset cannot be read.
    """
    counted = None
    if request.dataset is not None and (request.training_tokens is None or request.prompt_tokens is None):
        from tools.cost.dataset_tokens import count

        counted = count(request.dataset, offer, progress)
        book.assume("tokenizer", counted.tokenizer, "measured", counted.why)

    if request.training_tokens is not None:
        training: Amount = spread_if_inexact(request.training_tokens, request.tokens_exact)
        book.assume("training_tokens", f"{request.training_tokens:,} tokens", "given")
    elif counted is not None and counted.images_unknown:
        training = Unknown("what the images of the dataset cost in tokens is not known; give training_tokens")
    elif counted is not None:
        training = counted.training
        book.assume("training_tokens", in_count(counted.training), "measured", "one epoch of the file")
    else:
        training = Unknown("no file of examples was given to count the training tokens of")

    def per_request(name: str, given: int | None, measured: Range | None) -> Amount:
        if given is not None:
            book.assume(name, f"{given:,} tokens", "given")
            return exactly(given)
        if measured is not None:
            book.assume(name, in_count(measured), "measured", "mean of the dataset, an example as a request")
            return measured
        if counted is not None:
            return Unknown(f"{name} was not given and the dataset holds no answers to measure it on")
        return Unknown(UNMEASURED[name])

    prompt = per_request("prompt_tokens", request.prompt_tokens, counted.prompt if counted else None)
    completion = per_request("completion_tokens", request.completion_tokens, counted.completion if counted else None)
    shared = counted.shared if counted else None
    if shared is not None:
        book.assume(
            "shared_prompt",
            in_count(shared),
            "measured",
            "instructions that stand in nearly every example; tuning may make them unnecessary",
        )
    return Volume(
        examples=request.examples if request.examples is not None else (counted.examples if counted else None),
        training_tokens=training,
        validation_tokens=_validation(request, offer, progress),
        prompt_tokens=prompt,
        completion_tokens=completion,
        baseline_prompt_tokens=_today(book, "baseline_prompt_tokens", request.baseline_prompt_tokens, prompt),
        baseline_completion_tokens=_today(
            book, "baseline_completion_tokens", request.baseline_completion_tokens, completion
        ),
        shared_tokens=shared,
        unread_lines=counted.unread_lines if counted else 0,
        over_limit=counted.over_limit if counted else 0,
    )


def _validation(request: CostRequest, offer: Offer, progress: Progress) -> Range:
    if request.validation_tokens is not None or request.validation is None:
        return exactly(request.validation_tokens or 0)
    from tools.cost.dataset_tokens import count

    return count(request.validation, offer, progress).training


def _today(book: Book, name: str, given: int | None, otherwise: Amount) -> Amount:
    if given is None:
        book.assume(name, "the same as for the tuned model", "default")
        return otherwise
    book.assume(name, f"{given:,} tokens", "given")
    return exactly(given)
