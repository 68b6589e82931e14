"""Figures a person took from a refreshed price list: kept in the home folder, laid over the catalogue that ships."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from knowledge import prices
from knowledge.prices import Confidence, PriceGroup, Provider, What
from tools import workspace
from tools.errors import InputError


class Figure(BaseModel):
    """One figure with everything that names it."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    tier: str | None
    what: What
    usd: Decimal
    usd_high: Decimal
    source: str
    """A key of knowledge/sources/."""
    checked_on: date
    confidence: Confidence = "primary"

    @property
    def place(self) -> tuple[str, str, str | None, str]:
        """Which figure of the catalogue it is."""
        return self.provider, self.model, self.tier, self.what


def path() -> Path:
    """Where taken figures are kept."""
    return workspace.home() / "catalogue" / "figures.json"


def taken() -> tuple[Figure, ...]:
    """All figures taken so far.

    Raises:
        InputError: the file was damaged.
    """
    file = path()
    if not file.is_file():
        return ()
    try:
        return TypeAdapter(tuple[Figure, ...]).validate_json(file.read_bytes())
    except ValidationError:
        raise InputError(
            "the figures taken by `catalogue refresh` cannot be read",
            where=str(file),
            remedy="Remove the file to go back to the catalogue that ships.",
        ) from None


def take(new: tuple[Figure, ...]) -> Path:
    """Keep figures, in place of older ones for the same; the file is replaced as a whole."""
    kept = {f.place: f for f in (*taken(), *new)}
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = [f.model_dump(mode="json") for f in sorted(kept.values(), key=lambda f: tuple(str(x) for x in f.place))]
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    scratch.replace(file)
    return file


def provider(name: str) -> Provider:
    """A provider of the catalogue with the figures taken since. KeyError when there is none of that name."""
    return laid_over(prices.provider(name))


def all_providers() -> dict[str, Provider]:
    """All providers with the figures taken since."""
    return {key: laid_over(p) for key, p in prices.providers().items()}


def laid_over(shipped: Provider) -> Provider:
    """The record with newer figures in front; a figure read earlier than the shipped one is left out."""
    mine = [f for f in taken() if f.provider == shipped.id and f.model in shipped.models]
    if not mine:
        return shipped
    models = dict(shipped.models)
    for name in dict.fromkeys(f.model for f in mine):
        model = models[name]
        newer = [f for f in mine if f.model == name and _is_newer(f, shipped)]
        replaced = {(f.tier, f.what) for f in newer}
        kept = [
            g.model_copy(update={"figures": {k: v for k, v in g.figures.items() if (g.tier, k) not in replaced}})
            for g in model.prices
        ]
        groups = [
            PriceGroup(
                source=f.source,
                checked_on=f.checked_on,
                tier=f.tier,
                confidence=f.confidence,
                figures={f.what: (f.usd, f.usd_high)},
            )
            for f in newer
        ]
        models[name] = model.model_copy(update={"prices": (*groups, *(g for g in kept if g.figures))})
    return shipped.model_copy(update={"models": models})


def _is_newer(figure: Figure, shipped: Provider) -> bool:
    own = [
        p
        for p in shipped.models[figure.model].all_prices()
        if p.what == figure.what and p.tier == figure.tier and p.technique is None
    ]
    return all(p.checked_on <= figure.checked_on for p in own)
