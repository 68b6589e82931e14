"""What a model costs at an address, where its provider's table is one of ours."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from knowledge.load import ROOT, read

_HOSTS = ROOT.parent / "tools" / "ladder" / "hosts.yaml"


class ListPrice(NamedTuple):
    """US dollars per million tokens, with where that stands."""

    usd_in: Decimal
    usd_out: Decimal
    provider: str
    checked_on: date
    """The older of the two."""


def list_price(base_url: str, model: str) -> ListPrice | None:
    """The published price of a base model at this address; None: unknown, and never 0.

    The dearer end is taken where a price is a range, so that a worst case stays one.
    """
    from knowledge import prices
    from tools.cost import figures

    host = (urlsplit(base_url).hostname or "").lower()
    hosts = read(_HOSTS, dict[str, str])
    provider = next((p for end, p in hosts.items() if host == end or host.endswith(f".{end}")), None)
    if provider is None:
        return None
    where = figures.provider(provider)
    try:
        _, record = prices.find_model(where, model)
    except KeyError:
        return None
    sent = record.price("base_input_per_1m", where.default_tier)
    made = record.price("base_output_per_1m", where.default_tier)
    if sent is None or made is None:
        return None
    return ListPrice(
        sent.usd if sent.usd_high is None else sent.usd_high,
        made.usd if made.usd_high is None else made.usd_high,
        where.title,
        min(sent.checked_on, made.checked_on),
    )
