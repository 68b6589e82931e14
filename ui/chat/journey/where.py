"""What a ladder is measured with: this computer or an endpoint, its prices, the budget, as a person filled them in."""

import os
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from agent.facts import Facts
from agent.settings import model_settings
from tools.endpoint import Endpoint
from tools.errors import InputError, RefusedError
from tools.ladder.list_price import ListPrice, list_price

OPENAI = "https://api.openai.com/v1"
FIELDS = ("model", "address", "tuned", "usd_in", "usd_out", "budget", "rows")
"""What the form asks, in its order."""


class Wanted(BaseModel):
    """What a person chose; empty and None are "as it is"."""

    model_config = ConfigDict(frozen=True)

    where: Literal["local", "endpoint"] = "local"
    model: str = ""
    address: str = ""
    tuned: str = ""
    usd_in: Decimal | None = None
    """US dollars per million tokens, as are `usd_out`."""
    usd_out: Decimal | None = None
    budget: Decimal | None = None
    """US dollars."""
    rows: int | None = None
    """Only the first so many held-out rows."""

    def kept(self) -> dict[str, str]:
        """The same as a button carries it."""
        return {k: str(v) for k, v in self.model_dump().items() if v not in (None, "")}


def wanted(kept: Any, given: Any) -> Wanted:
    """What stood on the card, and what was filled in since.

    Raises:
        InputError: a number is none; it names the field.
    """
    before = {str(k): str(v).strip() for k, v in kept.items()} if isinstance(kept, dict) else {}
    after = {str(k): str(v).strip() for k, v in given.items()} if isinstance(given, dict) else {}
    both = {**before, **{k: v for k, v in after.items() if v}}
    if after.get("address") or after.get("model"):
        both["where"] = "endpoint"
        # Prices of another model are not this one's.
        both = {k: v for k, v in both.items() if k not in ("usd_in", "usd_out", "budget", "tuned") or after.get(k)}
    found: dict[str, Any] = {k: both[k] for k in ("model", "address", "tuned") if both.get(k)}
    found |= {k: _sum(both[k], k) for k in ("usd_in", "usd_out", "budget") if both.get(k)}
    if both.get("rows"):
        found["rows"] = _count(both["rows"])
    return Wanted(where="endpoint" if both.get("where") == "endpoint" else "local", **found)


def _sum(text: str, field: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value <= 1_000_000:
        raise InputError("a sum in US dollars is wanted, such as 0.4 or 2", where=f"{field} {text[:20]!r}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise InputError("a whole number of rows is wanted, such as 50", where=f"rows {text[:20]!r}")
    return int(text)


def endpoint(w: Wanted, facts: Facts) -> Endpoint:
    """The endpoint as an address, a model and the key that the settings hold for that address and no other.

    Raises:
        InputError: too little is named, or the address is none.
        RefusedError: an address may not be named here, or the data must not leave.
    """
    s = model_settings()
    own = (s.base_url or OPENAI) if s and not s.azure else ""
    if w.address and not may_name_address():
        raise RefusedError(
            "an address can be named only where the advisor runs for you alone",
            remedy="Whoever runs this server sets ADVISOR_BASE_URL.",
        )
    base_url, model = w.address or own, w.model or (s.model if s else "")
    parts = urlsplit(base_url)
    if not base_url or not model:
        raise InputError(
            "no endpoint is named", remedy="Give its address and its model, or set ADVISOR_BASE_URL and ADVISOR_MODEL."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise InputError(
            "this is not an address of a model endpoint",
            where=base_url[:80],
            remedy="Use one like https://host/v1 or http://127.0.0.1:11434/v1.",
        )
    if (facts.data_must_stay_inside or facts.offline_required) and not here(base_url):
        raise RefusedError(
            "you said that the data must not leave, and this endpoint is elsewhere",
            where=str(parts.hostname),
            remedy="Measure on this computer, or change that answer.",
        )
    key = SecretStr(s.api_key) if s and own.rstrip("/") == base_url.rstrip("/") else SecretStr("none")
    return Endpoint(base_url=base_url, model=model, api_key=key)


def may_name_address() -> bool:
    """Whether a person may send requests of this server anywhere: only its one user, at their own computer."""
    return os.environ.get("ADVISOR_SIGN_IN", "local") == "local"


def endpoint_set() -> str:
    """The model that the settings name and that could be measured; "" when none is."""
    try:
        s = model_settings()
    except InputError:
        return ""
    return s.model if s and not s.azure else ""


def here(base_url: str) -> bool:
    """Whether an address is this computer's own."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def price(w: Wanted, at: Endpoint) -> tuple[Decimal | None, Decimal | None, ListPrice | None]:
    """US dollars per million tokens in and out: as given, else as listed, else unknown; and the list they come from."""
    if w.usd_in is not None and w.usd_out is not None:
        return w.usd_in, w.usd_out, None
    listed = list_price(at.base_url, at.model)
    return (listed.usd_in, listed.usd_out, listed) if listed else (None, None, None)
