"""The catalogue as people read it: what is offered, one offer whole, and where a figure comes from."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.prices import Model, Price, Provider, stale
from knowledge.sources import source
from tools.cost.catalogue import find_model, find_provider
from tools.cost.figures import all_providers
from tools.cost.money import JsonDecimal
from tools.errors import NotFoundError


class Explained(BaseModel):
    """One figure with its source and age."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    what: str
    tier: str | None
    technique: str | None
    usd: JsonDecimal
    usd_high: JsonDecimal | None
    unit: str
    source: str
    source_title: str
    checked_on: date
    age_days: int
    confidence: Literal["primary", "secondary"]
    note: str


class Offered(BaseModel):
    """One base in the list."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    state: Literal["open", "closing", "ended", "not tunable", "by invitation"]
    techniques: tuple[str, ...]
    training_ends: date | None
    inference_ends: date | None


class Listing(BaseModel):
    """All offers."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    offers: tuple[Offered, ...]
    providers: dict[str, str]
    """Provider -> its state in one sentence."""


class Shown(BaseModel):
    """One provider, or one of its bases, whole."""

    model_config = ConfigDict(frozen=True)

    provider: str
    title: str
    summary: str
    billing: str
    eligibility: tuple[str, ...]
    limits: tuple[str, ...]
    formats: tuple[str, ...]
    regions: tuple[str, ...]
    portability: str
    events: tuple[str, ...]
    tiers: dict[str, str]
    hardware: dict[str, str]
    offers: tuple[Offered, ...]
    figures: tuple[Explained, ...]
    notes: tuple[str, ...]
    next_route: str


def listing(today: date) -> Listing:
    """Every base of every provider."""
    known = all_providers().values()
    return Listing(
        as_of=today,
        offers=tuple(_offered(p, n, m, today) for p in known for n, m in p.models.items()),
        providers={p.id: f"{p.title} ({p.status}): {p.summary}" for p in known},
    )


def show(provider: str, model: str | None, today: date) -> Shown:
    """One provider, or one base of it.

    Raises:
        InputError: a name is not known.
    """
    p = find_provider(provider)
    chosen = dict([find_model(p, model)]) if model else p.models
    figures = [e for n, m in chosen.items() for e in (_explained(p, n, f, today) for f in m.all_prices())]
    if model is None:
        figures += [_explained(p, n, f, today) for n, h in p.hardware.items() for f in h.all_prices()]
    return Shown(
        provider=p.id,
        title=p.title,
        summary=p.summary,
        billing=p.billing.text,
        eligibility=tuple(f"{x.text} Otherwise: {x.otherwise}" for x in p.eligibility),
        limits=tuple(x.text for x in p.limits),
        formats=p.formats,
        regions=tuple(x.text for x in p.regions),
        portability=p.portability.text if p.portability else "",
        events=tuple(f"{x.day}: {x.text}" for x in p.events),
        tiers={k: f"{t.title}: {t.note}" for k, t in p.tiers.items()},
        hardware={k: f"{h.title}, {h.memory_gib} GiB" for k, h in p.hardware.items()},
        offers=tuple(_offered(p, n, m, today) for n, m in chosen.items()),
        figures=tuple(figures),
        notes=tuple(f"{n}: {t}" for n, m in chosen.items() for t in (m.note, m.uncertain) if t),
        next_route=p.next_route,
    )


def explain(provider: str, model: str, what: str | None, today: date) -> tuple[Explained, ...]:
    """Where the figures of one base come from; `what` picks some by a part of their name.

    Raises:
        InputError: a name is not known.
        NotFoundError: there is no such figure, which means it is unknown.
    """
    p = find_provider(provider)
    if model.lower() in p.hardware:
        found = [_explained(p, model.lower(), f, today) for f in p.hardware[model.lower()].all_prices()]
    else:
        name, record = find_model(p, model)
        found = [_explained(p, name, f, today) for f in record.all_prices()]
    chosen = tuple(e for e in found if what is None or what.lower() in e.what.lower())
    if not chosen:
        raise NotFoundError(
            f"no published figure named {what or 'anything'} was found for {model} at {p.title}: it is unknown, not 0",
            remedy="`catalogue show` lists the figures there are.",
        )
    return chosen


def old(today: date, days: int) -> tuple[Explained, ...]:
    """Figures of the shipped catalogue seen longer ago than `days`, oldest first."""
    return tuple(_explained(find_provider(p), name, price, today) for p, name, price in stale(today, days))


def _offered(p: Provider, name: str, m: Model, today: date) -> Offered:
    state: Literal["open", "closing", "ended", "not tunable", "by invitation"] = "open"
    if m.ended_on and m.ended_on <= today:
        state = "ended"
    elif not m.techniques:
        state = "not tunable"
    elif m.training_ends is not None:
        state = "closing"
    elif set(m.techniques.values()) == {"invitation"}:
        state = "by invitation"
    return Offered(
        provider=p.id,
        model=name,
        state=state,
        techniques=tuple(m.techniques),
        training_ends=m.training_ends,
        inference_ends=m.inference_ends or m.ended_on,
    )


def _explained(p: Provider, name: str, price: Price, today: date) -> Explained:
    cited = source(price.source)
    return Explained(
        provider=p.id,
        model=name,
        what=price.what,
        tier=price.tier,
        technique=price.technique,
        usd=price.usd,
        usd_high=None if price.usd == price.usd_high else price.usd_high,
        unit=price.unit,
        source=cited.url or cited.title,
        source_title=cited.title,
        checked_on=price.checked_on,
        age_days=price.age_days(today),
        confidence=price.confidence,
        note=" ".join(x for x in (price.note, cited.note) if x),
    )
