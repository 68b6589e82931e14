"""What one request costs, and a month of them: cached input, batches, tuned or not."""

from decimal import Decimal
from typing import Literal

from knowledge.prices import What
from tools.cost.book import Book, number, plain
from tools.cost.catalogue import Offer
from tools.cost.money import MILLION, ZERO, Amount, Range, Unknown, exactly

Whose = Literal["tuned", "base"]


def requests_per_month(per_day: Decimal) -> Decimal:
    """A month is a twelfth of 365 days."""
    return per_day * number("days_per_year") / 12


def per_request(
    offer: Offer,
    whose: Whose,
    prompt: Amount,
    completion: Amount,
    book: Book,
    *,
    cached_share: Decimal | None,
    batch_share: Decimal = Decimal(0),
) -> Amount:
    """USD of one request to the tuned model or to the untuned base.

    When no cached share is given, none is counted on; only the low case assumes some where the prompt is long enough.
    Within batches caching is not counted on.
    """
    if isinstance(prompt, Unknown):
        return prompt
    if isinstance(completion, Unknown):
        return completion
    live = _live(offer, whose, prompt, completion, book, cached_share) if batch_share < 1 else ZERO
    if isinstance(live, Unknown):
        return live
    if batch_share == 0:
        return live
    batch = _tokens(offer, f"{whose}_batch", prompt, completion, book)
    if isinstance(batch, Unknown):
        return batch
    return live * (1 - batch_share) + batch * batch_share


def _tokens(offer: Offer, prefix: str, prompt: Range, completion: Range, book: Book) -> Amount:
    rate_in, rate_out = (book.price(offer, _what(prefix, side)) for side in ("input", "output"))
    if isinstance(rate_in, Unknown):
        return rate_in
    if isinstance(rate_out, Unknown):
        return rate_out
    return (prompt * rate_in + completion * rate_out) / MILLION


def _live(offer: Offer, whose: Whose, prompt: Range, completion: Range, book: Book, share: Decimal | None) -> Amount:
    plain_cost = _tokens(offer, whose, prompt, completion, book)
    if isinstance(plain_cost, Unknown) or share == 0:
        return plain_cost
    cached = offer.model.price(_what(whose, "cached_input"), offer.tier, offer.technique)
    if share is not None:
        rate = book.price(offer, _what(whose, "cached_input"))
        full = book.price(offer, _what(whose, "input"))
        out = book.price(offer, _what(whose, "output"))
        if isinstance(rate, Unknown) or isinstance(full, Unknown) or isinstance(out, Unknown):
            return rate if isinstance(rate, Unknown) else Unknown("no price")
        return (prompt * (full * (1 - share) + rate * share) + completion * out) / MILLION
    floor = offer.provider.billing.caching_from_tokens
    if cached is None or floor is None or prompt.expected < floor:
        return plain_cost
    book.find(offer, _what(whose, "cached_input"))
    high_share = book.default("cached_share_high", "of input tokens in the low case").expected
    full_price = offer.model.price(_what(whose, "input"), offer.tier, offer.technique)
    saved = max(full_price.usd - cached.usd, Decimal(0)) if full_price else Decimal(0)
    return Range(plain_cost.low - prompt.low * high_share * saved / MILLION, plain_cost.expected, plain_cost.high)


def _what(prefix: str, side: str) -> What:
    return f"{prefix}_{side}_per_1m"  # type: ignore[return-value]


def say_cached(book: Book, given: Decimal | None) -> None:
    """Name what is assumed about caching."""
    if given is not None:
        book.assume("cached_share", f"{plain(given * 100)} % of input tokens", "given")
    else:
        book.assume(
            "cached_share",
            "0 %",
            "default",
            "not counted on; the low case takes half of a prompt long enough to be cached",
        )


def monthly(unit: Amount, per_day: Decimal | None) -> Amount:
    """A month at the stated volume."""
    if per_day is None:
        return Unknown("the requests a day were not given")
    if per_day == 0:
        return exactly(0)
    if isinstance(unit, Unknown):
        return unit
    return unit * requests_per_month(per_day)
