"""What an estimate writes down while it adds up: the figures it used, and what it assumed."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from knowledge.prices import Price, What
from knowledge.sources import source
from knowledge.thresholds import record
from tools.cost.catalogue import Offer
from tools.cost.money import Amount, Range, Unknown, exactly, usd
from tools.cost.request import Origin
from tools.cost.result import Assumption, PaidTo, PriceUsed


@dataclass(frozen=True)
class Line:
    """One part of the total over the horizon, still exact."""

    name: str
    amount: Amount
    arithmetic: str
    kind: Literal["once", "monthly", "repeated"]
    spending: Literal["capital", "operating"]
    paid_to: PaidTo


def as_range(price: Price) -> Range:
    """A figure as a range: where it differs by region, expected is the middle."""
    return Range(price.usd, (price.usd + price.usd_high) / 2, price.usd_high)


def figure_words(price: Price) -> str:
    """For arithmetic: "$5.00 per 1M tokens"."""
    amount = usd(price.usd) if price.usd == price.usd_high else f"{usd(price.usd)} to {usd(price.usd_high)}"
    return f"{amount} per {price.unit}"


def default(name: str) -> Range:
    """An assumption's default: `cost.<name>` with its `_low` and `_high` where they are given."""
    middle = number(name)
    try:
        return Range(number(f"{name}_low"), middle, number(f"{name}_high"))
    except KeyError:
        return exactly(middle)


def number(name: str) -> Decimal:
    """The threshold `cost.<name>`, exact as written."""
    return Decimal(str(record(f"cost.{name}").value))


@dataclass
class Book:
    """Prices and assumptions of one estimate, in the order they were used."""

    prices: list[PriceUsed] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    hours: tuple[Range, str] | None = None
    """Of one training, and how that is known."""

    def find(self, offer: Offer, what: What) -> Price | None:
        """A figure of the offer, noted as used; None when it is unknown."""
        price = offer.model.price(what, offer.tier, offer.technique)
        if price is not None:
            self.use(price, f"{what.rsplit('_per_', 1)[0].replace('_', ' ')}, {offer.name}")
        return price

    def price(self, offer: Offer, what: What) -> Amount:
        """The same as a range, or why there is none."""
        price = self.find(offer, what)
        if price is None:
            words = what.rsplit("_per_", 1)[0].replace("_", " ")
            tier = f" ({offer.tier} tier)" if offer.tier and len(offer.provider.tiers) > 1 else ""
            return Unknown(f"no published price was found for {words} of {offer.label}{tier}")
        return as_range(price)

    def use(self, price: Price, what: str) -> None:
        """Note a figure as used."""
        cited = source(price.source)
        used = PriceUsed(
            usd=price.usd,
            usd_high=None if price.usd == price.usd_high else price.usd_high,
            unit=price.unit,
            source=cited.url or cited.title,
            checked_on=price.checked_on,
            what=f"{what}, {price.tier} tier" if price.tier else what,
            confidence=price.confidence,
            source_key=price.source,
        )
        if used not in self.prices:
            self.prices.append(used)

    def assume(self, name: str, value: str, origin: Origin, why: str = "") -> None:
        """Note what a sum rests on."""
        entry = Assumption(name=name, value=value, origin=origin, why=why)
        if entry not in self.assumptions:
            self.assumptions.append(entry)

    def choose(self, name: str, given: Decimal | int | None, threshold: str, unit: str) -> Range:
        """What was given, else the default range of a threshold; noted either way."""
        if given is not None:
            self.assume(name, f"{plain(Decimal(given))} {unit}".strip(), "given")
            return exactly(given)
        value = default(threshold)
        words = (
            plain(value.expected)
            if value.exact
            else f"{plain(value.expected)} ({plain(value.low)} to {plain(value.high)})"
        )
        self.assume(name, f"{words} {unit}".strip(), "default", record(f"cost.{threshold}").why)
        return value


def plain(value: Decimal) -> str:
    """A number for people: thousands grouped, no trailing zeros."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")
