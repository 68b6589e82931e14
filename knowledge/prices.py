"""Who can tune what, for how much and until when: the reader of knowledge/providers/*.yaml."""

import re
from datetime import date
from functools import cache

from knowledge.load import ROOT, KnowledgeError, read
from knowledge.price_records import (
    TECHNIQUES,
    WHATS,
    Confidence,
    Hardware,
    Model,
    Price,
    PriceGroup,
    Provider,
    Technique,
    Usd,
    What,
    unit_of,
)

__all__ = [
    "TECHNIQUES",
    "WHATS",
    "Confidence",
    "Hardware",
    "Model",
    "Price",
    "PriceGroup",
    "Provider",
    "Technique",
    "Usd",
    "What",
    "base_name",
    "find_model",
    "provider",
    "providers",
    "stale",
    "unit_of",
]


@cache
def providers() -> dict[str, Provider]:
    """All providers by id, in the order of their file names."""
    result = {}
    for path in sorted((ROOT / "providers").glob("*.yaml")):
        record = read(path.relative_to(ROOT), Provider)
        if record.id != path.stem:
            raise KnowledgeError(f"{path}: id: is {record.id!r}, the file is {path.stem!r}")
        result[record.id] = record
    return result


@cache
def provider(name: str) -> Provider:
    """One provider; reads only its own file when the name is its id. KeyError when there is none."""
    key = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    path = ROOT / "providers" / f"{key}.yaml"
    if path.is_file():
        return read(path.relative_to(ROOT), Provider)
    for record in providers().values():
        if key in record.aliases:
            return record
    raise KeyError(name)


def base_name(model: str) -> str:
    """The base behind a tuned model's id: "ft:gpt-4.1-mini-2025-04-14:acme::x" and "gpt-4.1-2025-04-14.ft-0a1b" too."""
    name = model.strip()
    if name.lower().startswith("ft:"):
        name = name.split(":")[1]
    return re.sub(r"\.ft-[0-9a-zA-Z-]+$", "", name)


def find_model(where: Provider, model: str) -> tuple[str, Model]:
    """The dated id and record of a model, an alias or a tuned model's id. KeyError when it is not in the catalogue."""
    name = base_name(model).lower()
    for key, record in where.models.items():
        if name == key.lower() or name in (a.lower() for a in record.aliases):
            return key, record
    raise KeyError(model)


def stale(today: date, days: int) -> list[tuple[str, str, Price]]:
    """Every figure seen longer ago than `days`: provider, model, figure; oldest first."""
    old = [
        (p.id, name, price) for p in providers().values() for name, price in p.figures() if price.age_days(today) > days
    ]
    return sorted(old, key=lambda x: x[2].checked_on)
