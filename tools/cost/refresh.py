"""Reading the public, machine-readable price lists again, and what would change. Only when a person asks.

Two lists: Azure Retail Prices (by meter) and LiteLLM's price map (by model). A list may be an address or a file that
was saved before. Nothing is taken by looking.
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from knowledge.prices import WHATS, Provider, What, unit_of
from tools.cost.figures import Figure, all_providers, provider
from tools.cost.money import JsonDecimal
from tools.errors import InputError, UnavailableError
from tools.progress import Progress, silent

ListName = Literal["azure", "litellm"]
SOURCES: dict[ListName, str] = {"azure": "providers.azure_retail", "litellm": "providers.litellm"}
DOWNLOADS = {
    "azure": "https://prices.azure.com/api/retail/prices",
    "litellm": "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
}
AZURE_PRODUCTS = ("Azure OpenAI", "Fine", "OSS", "Models")
PER_TOKEN = {
    "input_cost_per_token": "input_per_1m",
    "cache_read_input_token_cost": "cached_input_per_1m",
    "output_cost_per_token": "output_per_1m",
    "input_cost_per_token_batches": "batch_input_per_1m",
    "cache_read_input_token_cost_batches": "batch_cached_input_per_1m",
    "output_cost_per_token_batches": "batch_output_per_1m",
}
BASE_KEYS = {"openai": "{}", "azure": "azure/{}", "google": "{}", "bedrock": "{}", "together": "together_ai/{}"}


class Difference(BaseModel):
    """One figure as it stands here and in the list."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    tier: str | None
    what: str
    unit: str
    here_usd: JsonDecimal | None
    here_usd_high: JsonDecimal | None
    there_usd: JsonDecimal
    there_usd_high: JsonDecimal
    here_checked_on: date | None
    kind: Literal["same", "changed", "new"]


class Refresh(BaseModel):
    """What a list says now, against the catalogue."""

    model_config = ConfigDict(frozen=True)

    list_name: ListName
    read_from: str
    read_on: date
    differences: tuple[Difference, ...]
    missing: tuple[str, ...]
    """Figures of the catalogue that this list should hold and does not."""
    figures: tuple[Figure, ...]
    """What `take` would keep: all of them, as re-read on this day."""


def read_list(name: str, today: date, *, place: str | None = None, progress: Progress = silent) -> Refresh:
    """Read one list and compare; nothing is kept.

    Args:
        name: "azure" or "litellm".
        today: the day the list is read; the figures carry it.
        place: another address, or a file saved before; default the public one.
        progress: told the pages read.

    Raises:
        InputError: there is no list of that name, or the file is not one.
        UnavailableError: the address did not answer.
    """
    if name not in get_args(ListName):
        raise InputError(f"there is no price list named {name!r}", remedy="One of: azure, litellm.")
    which: ListName = "azure" if name == "azure" else "litellm"
    at = place or DOWNLOADS[which]
    raw = _load(at, which, progress)
    found = tuple(_azure(raw, today) if which == "azure" else _litellm(raw, today))
    if not found:
        raise InputError("no figure of the catalogue was found in it", where=at, remedy="Is it the right list?")
    return Refresh(
        list_name=which,
        read_from=at,
        read_on=today,
        differences=tuple(_compare(f) for f in found),
        missing=tuple(_missing(which, found)),
        figures=found,
    )


def _load(at: str, which: ListName, progress: Progress) -> Any:
    if not at.startswith(("http://", "https://")):
        try:
            return _parse(Path(at).read_bytes(), at)
        except OSError as e:
            raise InputError(f"the price list cannot be read ({e.strerror})", where=at) from None
    import httpx

    try:
        with httpx.Client(timeout=30, follow_redirects=True) as client:
            if which == "litellm":
                return _parse(client.get(at).raise_for_status().content, at)
            return {"items": list(_azure_pages(client, at, progress))}
    except httpx.HTTPError as e:
        raise UnavailableError(
            f"the price list did not answer ({type(e).__name__})",
            where=at,
            remedy="Try later, or save the list and give the file with --from.",
        ) from None


def _parse(content: bytes, at: str) -> Any:
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError:
        raise InputError("the price list is not JSON", where=at) from None


def _azure_pages(client: Any, at: str, progress: Progress) -> Iterator[dict[str, Any]]:
    for product in AZURE_PRODUCTS:
        query = f"contains(productName, '{product}')"
        page: str | None = at
        params: dict[str, str] | None = {"api-version": "2023-01-01-preview", "currencyCode": "USD", "$filter": query}
        count = 0
        while page:
            data = _parse(client.get(page, params=params).raise_for_status().content, page)
            yield from data.get("Items") or []
            count += 1
            progress(count, None, f"{product}, page {count}")
            page, params = data.get("NextPageLink") or None, None


def _azure(raw: Any, today: date) -> Iterator[Figure]:
    where = provider("azure")
    seen: dict[str, list[Decimal]] = {}
    items = raw.get("items") or raw.get("Items") if isinstance(raw, dict) else None
    for item in items or []:
        meter = item.get("meterName") if isinstance(item, dict) else None
        if meter in where.meters and item.get("type", "Consumption") == "Consumption":
            thousand = str(item.get("unitOfMeasure", "")).strip() == "1K"
            usd = Decimal(str(item["retailPrice"])) * (1000 if thousand else 1)
            seen.setdefault(meter, []).append(usd)
    for meter, figures in seen.items():
        model, tier, what = where.meters[meter].split("/")
        yield Figure(
            provider="azure",
            model=model,
            tier=tier or None,
            what=_what(what),
            usd=min(figures).normalize(),
            usd_high=max(figures).normalize(),
            source=SOURCES["azure"],
            checked_on=today,
        )


def _litellm(raw: Any, today: date) -> Iterator[Figure]:
    if not isinstance(raw, dict):
        return
    for key, pattern in BASE_KEYS.items():
        for name in provider(key).models:
            base = name.rsplit(":", 1)[0] if name.count(":") > 1 else name
            yield from _entry(raw.get(pattern.format(base)), key, name, None, "base", today)
            if key == "openai":
                yield from _entry(raw.get(f"ft:{name}"), key, name, provider(key).default_tier, "tuned", today)


def _entry(entry: Any, key: str, name: str, tier: str | None, whose: str, today: date) -> Iterator[Figure]:
    if not isinstance(entry, dict):
        return
    own = {(p.what, p.tier) for p in provider(key).models[name].all_prices()}
    for field, suffix in PER_TOKEN.items():
        value, what = entry.get(field), f"{whose}_{suffix}"
        if isinstance(value, int | Decimal) and (what, tier) in own:
            usd = (Decimal(value) * 1_000_000).normalize()
            yield Figure(
                provider=key,
                model=name,
                tier=tier,
                what=_what(what),
                usd=usd,
                usd_high=usd,
                source=SOURCES["litellm"],
                checked_on=today,
                confidence="secondary",
            )


def _what(name: str) -> What:
    for what in WHATS:
        if what == name:
            return what
    raise InputError(f"{name!r} is not a figure of the catalogue")


def _here(where: Provider, f: Figure) -> tuple[Decimal, Decimal, date] | None:
    for p in where.models[f.model].all_prices():
        if p.what == f.what and p.tier == f.tier and p.technique is None:
            return p.usd, p.usd_high, p.checked_on
    return None


def _compare(f: Figure) -> Difference:
    here = _here(provider(f.provider), f)
    same = here is not None and (here[0], here[1]) == (f.usd, f.usd_high)
    return Difference(
        provider=f.provider,
        model=f.model,
        tier=f.tier,
        what=f.what,
        unit=unit_of(f.what),
        here_usd=here[0] if here else None,
        here_usd_high=here[1] if here else None,
        there_usd=f.usd,
        there_usd_high=f.usd_high,
        here_checked_on=here[2] if here else None,
        kind="same" if same else "changed" if here else "new",
    )


def _missing(which: ListName, found: tuple[Figure, ...]) -> Iterator[str]:
    places = {f.place for f in found}
    for key, where in all_providers().items():
        for name, p in where.figures():
            if p.source == SOURCES[which] and p.technique is None and (key, name, p.tier, p.what) not in places:
                yield f"{key}/{name}: {p.what}" + (f" ({p.tier})" if p.tier else "")
