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
