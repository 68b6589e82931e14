"""What one training costs, by the provider's own rule."""

from decimal import Decimal

from tools.cost.book import Book, Line, as_range, figure_words, number, plain
from tools.cost.catalogue import Offer
from tools.cost.money import MILLION, Amount, Range, Unknown, add_up, exactly, in_words
from tools.cost.request import CostRequest
from tools.cost.result import PaidTo
from tools.cost.volume import Volume


def auto_epochs(examples: int) -> int:
    """Epochs as OpenAI's data-preparation notebook chooses them from the size of the file.

    Three, more for files so small that fewer than 100 examples would be seen (at most 25), fewer above 25,000 seen.
    An estimate of the automatic choice, not a contract. Source: providers.openai_epochs.
    """
    target, most = int(number("auto_epochs_target")), int(number("auto_epochs_max"))
    few, many = int(number("auto_epochs_min_examples_seen")), int(number("auto_epochs_max_examples_seen"))
    n = max(examples, 1)
    if n * target < few:
        return min(most, few // n)
    if n * target > many:
        return max(1, many // n)
    return target


def epochs(request: CostRequest, offer: Offer, volume: Volume, book: Book) -> Range:
    """Epochs as given, or the provider's choice with one less and two more around it."""
    if request.n_epochs is not None:
        book.assume("n_epochs", str(request.n_epochs), "given")
        return exactly(request.n_epochs)
    fixed = offer.provider.billing.default_epochs
    if fixed is not None:
        book.assume("n_epochs", str(fixed), "provider's rule", f"the default at {offer.provider.title}")
        return exactly(fixed)
    chosen = auto_epochs(volume.examples) if volume.examples else int(number("auto_epochs_target"))
    less, more = int(number("default_epochs_less")), int(number("default_epochs_more"))
    low, high = max(1, chosen - less), chosen + more
    book.assume(
        "n_epochs",
        f"{chosen} ({low} to {high})",
        "default",
        "from the size of the file, as OpenAI's notebook estimates the automatic choice; give n_epochs to fix it",
    )
    return Range(Decimal(low), Decimal(chosen), Decimal(high))


def training(request: CostRequest, offer: Offer, volume: Volume, book: Book) -> Line:
    """The line for one training job."""
    amount, words = _job(request, offer, volume, book)
    minimum = book.find(offer, "minimum_per_job")
    if minimum is not None and minimum.usd > 0:
        if isinstance(amount, Unknown):
            amount = Unknown(amount.reason, floor=max(amount.floor, minimum.usd))
        else:
            amount = amount.at_least(minimum.usd)
        words += f", at least {figure_words(minimum)}"
    paid_to: PaidTo = "nobody" if offer.provider.billing.by == "own_hardware" else "provider"
    return Line("training", amount, f"{words} = {in_words(amount)}", "once", "capital", paid_to)


def _job(request: CostRequest, offer: Offer, volume: Volume, book: Book) -> tuple[Amount, str]:
    by = offer.provider.billing.by
    if by == "own_hardware":
        _local_time(request, offer, volume, book)
        return exactly(0), "trained on this computer, nobody is paid; electricity and waiting are not counted"
    if by == "gpu_hours":
        from tools.cost import rented

        return rented.training(request, offer, volume, epochs(request, offer, volume, book), book)
    if offer.technique == "rft" and offer.model.price("training_per_1m", offer.tier, "rft") is None:
        return _hourly(request, offer, book)
    return _tokens(request, offer, volume, book)


def _local_time(request: CostRequest, offer: Offer, volume: Volume, book: Book) -> None:
    """Note how long this computer takes, from our own runs; nothing where none fits."""
    from tools.cost.hardware import local_hours

    size = request.parameters_b or offer.model.parameters_b
    if isinstance(volume.training_tokens, Unknown) or size is None:
        return
    n = epochs(request, offer, volume, book)
    rows = n * volume.examples if volume.examples else None
    found = local_hours(offer.name, size, volume.training_tokens * n, technique=offer.technique, rows=rows)
    if found is not None:
        book.hours = found


def _tokens(request: CostRequest, offer: Offer, volume: Volume, book: Book) -> tuple[Amount, str]:
    n = epochs(request, offer, volume, book)
    rate = book.price(offer, "training_per_1m")
    if isinstance(volume.training_tokens, Unknown):
        return volume.training_tokens, "tokens x epochs x rate"
    billed = volume.training_tokens * n
    words = f"{plain(volume.training_tokens.expected)} tokens x {_count(n)} epochs"
    if volume.examples:
        words = f"{volume.examples:,} examples, {words}"
    if offer.provider.billing.validation == "per_evaluation" and volume.validation_tokens.high:
        billed = billed + volume.validation_tokens * request.n_evaluations
        words += f" + {plain(volume.validation_tokens.expected)} validation tokens x {request.n_evaluations}"
    price = offer.model.price("training_per_1m", offer.tier, offer.technique)
    if isinstance(rate, Unknown) or price is None:
        return (rate if isinstance(rate, Unknown) else Unknown("no rate")), f"{words} x an unknown rate"
    return billed * rate / MILLION, f"{words} x {figure_words(price)}"


def _hourly(request: CostRequest, offer: Offer, book: Book) -> tuple[Amount, str]:
    rate = book.find(offer, "training_per_hour")
    grading = grader(request, offer, book)
    if rate is None:
        return book.price(offer, "training_per_hour"), "hours x an unknown rate"
    if request.training_hours is None:
        return (
            Unknown("it is charged by the hour: give training_hours (the core loop's wall clock)"),
            f"hours x {figure_words(rate)} + grader tokens",
        )
    book.assume("training_hours", f"{plain(request.training_hours)} hours", "given")
    book.hours = (exactly(request.training_hours), "given")
    core = as_range(rate) * request.training_hours
    total, known, reasons = add_up([core, grading])
    words = f"{plain(request.training_hours)} hours x {figure_words(rate)} + grading {in_words(grading)}"
    amount: Amount = total if total is not None else Unknown("; ".join(reasons), floor=known.low)
    pause = book.find(offer, "pause_per_job")
    if pause is not None and not isinstance(amount, Unknown) and amount.high > pause.usd:
        words += f" (pauses itself at {figure_words(pause)})"
    return amount, words


def grader(request: CostRequest, offer: Offer, book: Book) -> Amount:
    """Tokens of a model that grades, charged beside the hours; nothing when no model grades."""
    if request.grader is None:
        return exactly(0)
    if request.grader_input_tokens is None or request.grader_output_tokens is None:
        return Unknown(f"tokens of the grader {request.grader} were not given")
    from tools.cost.catalogue import find_model

    name, model = find_model(offer.provider, request.grader)
    judge = Offer(offer.provider, name, model, offer.technique, offer.tier)
    parts: list[Amount] = []
    for side, tokens in (("input", request.grader_input_tokens), ("output", request.grader_output_tokens)):
        own = model.price(f"grader_{side}_per_1m", offer.tier)  # type: ignore[arg-type]
        rate = book.price(judge, f"grader_{side}_per_1m" if own else f"base_{side}_per_1m")  # type: ignore[arg-type]
        parts.append(rate if isinstance(rate, Unknown) else rate * tokens / MILLION)
    book.assume("grader", f"{name}, {request.grader_input_tokens:,} in, {request.grader_output_tokens:,} out", "given")
    total, known, reasons = add_up(parts)
    return total if total is not None else Unknown("; ".join(reasons), floor=known.low)


def _count(value: Range) -> str:
    return (
        plain(value.expected) if value.exact else f"{plain(value.expected)} ({plain(value.low)} to {plain(value.high)})"
    )
