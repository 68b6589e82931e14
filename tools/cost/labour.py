"""What people's time costs: an assumption with a wide range until somebody says otherwise."""

from tools.cost.book import Book, Line, plain
from tools.cost.money import Range, in_words
from tools.cost.request import CostRequest


def hourly_rate(request: CostRequest, book: Book) -> Range:
    """USD an hour of the people who do it; wages only."""
    return book.choose("labour_usd_per_hour", request.labour_usd_per_hour, "labour_usd_per_hour", "USD an hour")


def labour(request: CostRequest, rate: Range, book: Book) -> Line:
    """Data, test set, trials and putting into service, once."""
    hours = book.choose("labour_hours", request.labour_hours, "labour_hours", "hours")
    amount = hours * rate
    return Line(
        "people: data, test set, first training",
        amount,
        f"{plain(hours.expected)} hours x ${plain(rate.expected)} an hour = {in_words(amount)}",
        "once",
        "capital",
        "people",
    )


def labelling(request: CostRequest, rate: Range, book: Book) -> Line | None:
    """Examples that still have to be written or labelled, once; None when there are none."""
    if not request.label_examples:
        return None
    book.assume("label_examples", f"{request.label_examples:,} examples", "given")
    minutes = book.choose("label_minutes", request.label_minutes, "label_minutes", "minutes an example")
    amount = minutes * rate * request.label_examples / 60
    return Line(
        "people: labelling",
        amount,
        f"{request.label_examples:,} examples x {plain(minutes.expected)} minutes x ${plain(rate.expected)} an hour"
        f" = {in_words(amount)}",
        "once",
        "capital",
        "people",
    )
