"""What an estimate answers: sums, their parts with the arithmetic in words, and where every figure comes from."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.cost.money import JsonDecimal, Spread
from tools.cost.request import Origin

PaidTo = Literal["provider", "people", "nobody"]


class PriceUsed(BaseModel):
    """One catalogue figure that entered a sum, with its source."""

    model_config = ConfigDict(frozen=True)

    usd: JsonDecimal
    usd_high: JsonDecimal | None = None
    """Where the figure differs by region: the dearest."""
    unit: str
    source: str
    """Address of the source, or its title when it has none."""
    checked_on: date
    what: str
    """In words: "training, gpt-4.1-mini-2025-04-14, global"."""
    confidence: Literal["primary", "secondary"] = "primary"
    source_key: str = ""


class Assumption(BaseModel):
    """Something the sums rest on that is not a price: its value and where it came from."""

    model_config = ConfigDict(frozen=True)

    name: str
    """As the request names it; give it there to change it."""
    value: str
    """For people, with its unit; a range where it is one."""
    origin: Origin
    why: str = ""
    source: str = ""
    """Address or title of who says so; empty where it is our own assumption or your figure."""


class Component(BaseModel):
    """One line of the estimate over the whole horizon."""

    model_config = ConfigDict(frozen=True)

    name: str
    usd: Spread
    arithmetic: str
    """The sum in words, with the figures in it."""
    kind: Literal["once", "monthly", "repeated"]
    prices: tuple[PriceUsed, ...] = ()
    """The catalogue's figures in it."""
    spending: Literal["capital", "operating"]
    """capital: paid to create the tuned model; operating: paid to run and keep it."""
    paid_to: PaidTo


class Driver(BaseModel):
    """One of the largest parts of the total."""

    model_config = ConfigDict(frozen=True)

    name: str
    usd: JsonDecimal
    share: float
    """Of the known total, 0 to 1."""


class BreakEven(BaseModel):
    """From how many requests a day tuning costs less than today over the horizon."""

    model_config = ConfigDict(frozen=True)

    verdict: Literal["always", "from", "never", "unknown"]
    requests_per_day: int | None
    """Expected case; null unless the verdict is "from" or "always"."""
    low: int | None = None
    """Best case for tuning; null when it never pays even then."""
    high: int | None = None
    """Worst case for tuning; null when it never pays then."""
    running_costs_only: int | None = None
    """Without what is paid once (people, training): hosting against the saving per request."""
    text: str
    compared_with: str


class Lifetime(BaseModel):
    """How long the result can be trained and served."""

    model_config = ConfigDict(frozen=True)

    training_ends: date | None
    inference_ends: date | None
    days_left: int | None
    covers_horizon: bool | None
    """None when no date is published."""
    payback_on: date | None = None
    pays_back_in_time: bool | None = None
    text: str


class Duration(BaseModel):
    """How long a training takes, in hours, and how that is known."""

    model_config = ConfigDict(frozen=True)

    low: float
    expected: float
    high: float
    text: str


class CostEstimate(BaseModel):
    """The estimate. Money in USD; a sum with an unknown part is null with the reason, never 0."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    technique: str
    tier: str | None
    months: int
    currency: str = "USD"
    as_of: date
    summary: str
    training_usd: Spread
    """One training."""
    training_hours: Duration | None
    """None where nobody publishes or measured it."""
    hosting_usd_per_month: Spread
    inference_usd_per_month: Spread
    labour_usd: Spread
    retraining_usd: Spread
    total_usd: Spread
    """Everything over the horizon, people included."""
    provider_usd: Spread
    """The part of the total that is paid to the provider."""
    capital_usd: Spread
    operating_usd: Spread
    baseline_usd: Spread
    """Today's way over the same horizon."""
    break_even_requests_per_day: int | None
    break_even: BreakEven
    lifetime: Lifetime
    prices: tuple[PriceUsed, ...]
    warnings: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    drivers: tuple[Driver, ...]
    components: tuple[Component, ...]
