"""What a deployed tuned model costs while nobody asks it anything."""

from tools.cost.book import Book, as_range, figure_words, number, plain
from tools.cost.catalogue import Offer
from tools.cost.money import Amount, Unknown, exactly
from tools.cost.request import CostRequest


def hosting(request: CostRequest, offer: Offer, book: Book) -> tuple[Amount, str]:
    """A month of hosting, and the arithmetic in words."""
    rule = offer.provider.billing.hosting
    if rule == "own_hardware":
        return exactly(0), "served from this computer, nobody is paid"
    if rule == "gpu":
        from tools.cost import rented

        return rented.serving(request, offer, book)
    price = book.find(offer, "hosting_per_hour")
    storage = book.find(offer, "storage_per_month")
    if price is None and rule == "none" and storage is None:
        return exactly(0), f"{offer.provider.title} charges nothing for a tuned model that is idle"
    if price is None and storage is None:
        return book.price(offer, "hosting_per_hour"), "hours x an unknown rate"
    hours = number("hours_per_month")
    amount, words = exactly(0), []
    if price is not None:
        amount = as_range(price) * hours
        words.append(f"{plain(hours)} hours x {figure_words(price)}")
    elif rule == "per_hour":
        return Unknown(f"no published hourly price was found for {offer.label}"), "hours x an unknown rate"
    if storage is not None:
        amount = amount + as_range(storage)
        words.append(f"storage {figure_words(storage)}")
    return amount, " + ".join(words)
