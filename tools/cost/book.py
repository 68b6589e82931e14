"""What an estimate writes down while it adds up: the figures it used, and what it assumed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeVar

from knowledge.prices import Price, What
from knowledge.sources import source
from knowledge.thresholds import record
from tools.cost.catalogue import Offer
from tools.cost.money import Amount, Range, Unknown, exactly, usd
from tools.cost.request import Origin
from tools.cost.result import Assumption, PaidTo, PriceUsed

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """One part of the total over the horizon, still exact."""

    name: str
    amount: Amount
    arithmetic: str
    kind: Literal["once", "monthly", "repeated"]
    spending: Literal["capital", "operating"]
    paid_to: PaidTo
    prices: tuple[PriceUsed, ...] = ()
    """The figures in it, in the order they were used."""


def as_range(price: Price) -> Range:
    """A figure as a range: where it differs by region, expected is the middle."""
    return Range(price.usd, (price.usd + price.usd_high) / 2, price.usd_high)


def figure_words(price: Price) -> str:
    """For arithmetic: "$5.00 per 1M tokens"."""
    amount = usd(price.usd) if price.usd == price.usd_high else f"{usd(price.usd)} to {usd(price.usd_high)}"
    return f"{amount} per {price.unit}"


def published(name: str) -> Range:
    """A default as the tables have it: `cost.<name>` with its `_low` and `_high` where they are given."""
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

    assumed: dict[str, Decimal] = field(default_factory=dict)
    """Defaults that a person changed, by name."""
    prices: list[PriceUsed] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    hours: tuple[Range, str] | None = None
    """Of one training, and how that is known."""
    _trail: list[PriceUsed] = field(default_factory=list)

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
        self._trail.append(used)
        if used not in self.prices:
            self.prices.append(used)

    def traced(self, work: Callable[[], T]) -> tuple[T, tuple[PriceUsed, ...]]:
        """Do it, and say which figures were used for it."""
        before = len(self._trail)
        result = work()
        return result, tuple(dict.fromkeys(self._trail[before:]))

    def assume(self, name: str, value: str, origin: Origin, why: str = "", source_key: str = "") -> None:
        """Note what a sum rests on."""
        cited = source(source_key) if source_key and source_key != "ours" else None
        where = (cited.url or cited.title) if cited else ""
        entry = Assumption(name=name, value=value, origin=origin, why=why, source=where)
        if entry not in self.assumptions:
            self.assumptions.append(entry)

    def choose(self, name: str, given: Decimal | int | None, threshold: str, unit: str) -> Range:
        """What was given, else the default range of a threshold; noted either way."""
        if given is not None:
            self.assume(name, f"{plain(Decimal(given))} {unit}".strip(), "given")
            return exactly(given)
        return self.default(threshold, unit, name)

    def default(self, threshold: str, unit: str = "", name: str = "") -> Range:
        """The default `cost.<threshold>`, or what a person put in its place; noted either way."""
        name, mine = name or threshold, self.assumed.get(threshold)
        if mine is not None:
            self.assume(name, f"{plain(mine)} {unit}".strip(), "given")
            return exactly(mine)
        value, said = published(threshold), record(f"cost.{threshold}")
        words = (
            plain(value.expected)
            if value.exact
            else f"{plain(value.expected)} ({plain(value.low)} to {plain(value.high)})"
        )
        self.assume(name, f"{words} {unit}".strip(), "default", said.why, said.source)
        return value


def plain(value: Decimal) -> str:
    """A number for people: thousands grouped, no trailing zeros."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")
