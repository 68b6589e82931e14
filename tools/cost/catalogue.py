"""From the names a person gives to catalogue records, with the errors a person can act on."""

import difflib
from dataclasses import dataclass
from datetime import date

from knowledge import prices
from knowledge.prices import Model, Provider, Technique
from tools.cost import figures
from tools.errors import InputError, RefusedError


@dataclass(frozen=True)
class Offer:
    """One base at one provider, by one technique and tier."""

    provider: Provider
    name: str
    model: Model
    technique: Technique
    tier: str | None

    @property
    def label(self) -> str:
        """For people: "gpt-4.1-mini-2025-04-14 at OpenAI"."""
        return f"{self.name} at {self.provider.title}"


def find_provider(name: str) -> Provider:
    """The provider by id or alias.

    Raises:
        InputError: there is none of that name, with the nearest one.
    """
    try:
        return figures.provider(name)
    except KeyError:
        known = list(prices.providers())
        close = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
        raise InputError(f"there is no provider named {name!r} in the catalogue", remedy=hint) from None


def find_model(provider: Provider, name: str) -> tuple[str, Model]:
    """The dated id and record of a base, an alias, or the base behind a tuned model's id.

    Raises:
        InputError: it is not in the catalogue. A model that is not known is never priced.
    """
    try:
        return prices.find_model(provider, name)
    except KeyError:
        names = {n.lower(): n for key, m in provider.models.items() for n in (key, *m.aliases)}
        close = difflib.get_close_matches(prices.base_name(name).lower(), names, n=1, cutoff=0.5)
        hint = f"Did you mean {names[close[0]]!r}?" if close else f"`catalogue show {provider.id}` lists what is known."
        raise InputError(
            f"{name!r} is not in the catalogue of {provider.title}, so it has no price",
            where=f"provider {provider.id}",
            remedy=hint,
        ) from None


def find_offer(provider: str, model: str, *, technique: str | None, tier: str | None, today: date) -> Offer:
    """What is to be priced, if it can be tuned there today.

    Raises:
        InputError: a name is not known.
        RefusedError: it is known, and cannot be tuned (any more); the message names the next route.
    """
    where = find_provider(provider)
    if where.status == "ended":
        said = f"{where.title} no longer offers fine-tuning. {where.summary}"
        raise RefusedError(said.rstrip("."), remedy=where.next_route)
    name, record = find_model(where, model)
    _refuse_what_ended(where, name, record, today)
    chosen = _technique(where, name, record, technique)
    return Offer(where, name, record, chosen, _tier(where, tier))


def _refuse_what_ended(where: Provider, name: str, record: Model, today: date) -> None:
    route = record.next_route or where.next_route
    if record.ended_on is not None and record.ended_on <= today:
        raise RefusedError(
            f"{name} ended at {where.title} on {record.ended_on}, with every model tuned on it", remedy=route
        )
    if not record.techniques:
        raise RefusedError(f"{name} cannot be tuned at {where.title}", remedy=route)
    if record.training_ends is not None and record.training_ends <= today and not record.uncertain:
        raise RefusedError(f"{where.title} takes no new jobs for {name} since {record.training_ends}", remedy=route)
    if record.inference_ends is not None and record.inference_ends <= today:
        raise RefusedError(f"models tuned on {name} ended at {where.title} on {record.inference_ends}", remedy=route)


def _technique(where: Provider, name: str, record: Model, asked: str | None) -> Technique:
    offered = list(record.techniques)
    if asked is None:
        return "sft" if "sft" in offered else offered[0]
    if asked not in prices.TECHNIQUES:
        raise InputError(f"there is no technique named {asked!r}", remedy=f"One of: {', '.join(prices.TECHNIQUES)}.")
    for technique in offered:
        if technique == asked:
            return technique
    raise RefusedError(
        f"{name} cannot be tuned by {asked} at {where.title}", remedy=f"It offers: {', '.join(offered)}."
    )


def _tier(where: Provider, asked: str | None) -> str | None:
    if asked is None:
        return where.default_tier
    key = asked.strip().lower().replace("-", "_").replace(" ", "_")
    key = {"globalstandard": "global", "developertier": "developer", "datazone": "data_zone"}.get(key, key)
    if key not in where.tiers:
        known = ", ".join(where.tiers) or "none"
        raise InputError(f"{where.title} has no tier named {asked!r}", remedy=f"Its tiers: {known}.")
    return key
