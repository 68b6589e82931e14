"""The records of the provider catalogue: figures, offers, limits, dates.

Every figure is a string in the file and a Decimal here, so no price is ever a rounded float. A figure that is not in
the file is unknown (None): it is never 0 and never guessed.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from knowledge.load import Record

What = Literal[
    "training_per_1m",
    "training_per_hour",
    "minimum_per_job",
    "tuned_input_per_1m",
    "tuned_cached_input_per_1m",
    "tuned_output_per_1m",
    "tuned_batch_input_per_1m",
    "tuned_batch_cached_input_per_1m",
    "tuned_batch_output_per_1m",
    "base_input_per_1m",
    "base_cached_input_per_1m",
    "base_output_per_1m",
    "base_batch_input_per_1m",
    "base_batch_cached_input_per_1m",
    "base_batch_output_per_1m",
    "grader_input_per_1m",
    "grader_cached_input_per_1m",
    "grader_output_per_1m",
    "hosting_per_hour",
    "gpu_per_hour",
    "serving_per_hour",
    "storage_per_month",
    "pause_per_job",
]
WHATS: tuple[What, ...] = get_args(What)
UNITS = {"_per_1m": "1M tokens", "_per_hour": "hour", "_per_month": "month", "_per_job": "job"}
Technique = Literal["sft", "dpo", "rft", "vision_sft"]
TECHNIQUES: tuple[Technique, ...] = get_args(Technique)
Confidence = Literal["primary", "secondary"]


def _exact(value: Any) -> Any:
    """Only strings, ints and Decimals become money: a YAML float has already lost the figure."""
    if isinstance(value, bool | float):
        raise ValueError(f"write the figure {value!r} in quotes: a float is not exact")
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError(f"{value!r} is not a figure") from None


Usd = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, allow_inf_nan=False)]


def unit_of(what: str) -> str:
    """The unit a figure's name ends in, in words: "1M tokens", "hour", "month", "job"."""
    return next(words for suffix, words in UNITS.items() if what.endswith(suffix))


class Price(Record):
    """One figure: what it pays for, how much, per what, who says so and when that was read."""

    what: What
    usd: Usd
    usd_high: Usd
    """The same as `usd`, or the dearest where the figure differs by region."""
    unit: str
    source: str
    """A key of knowledge/sources/."""
    checked_on: date
    tier: str | None = None
    technique: Technique | None = None
    confidence: Confidence = "primary"
    """primary: the provider's own page, list or a faithful copy; secondary: somebody else's note of it."""
    note: str = ""

    def age_days(self, today: date) -> int:
        """Days since somebody of ours (or the copy we read) saw the figure at its source."""
        return (today - self.checked_on).days


class PriceGroup(Record):
    """Figures that share source, date, tier and technique: a name with its unit, to "1.70" or ["1.70", "2.04"]."""

    source: str
    checked_on: date
    tier: str | None = None
    technique: Technique | None = None
    confidence: Confidence = "primary"
    note: str = ""
    figures: dict[What, Usd | tuple[Usd, Usd]]

    def prices(self) -> Iterator[Price]:
        """One record a figure."""
        shared = self.model_dump(exclude={"figures"})
        for what, value in self.figures.items():
            low, high = value if isinstance(value, tuple) else (value, value)
            yield Price(what=what, usd=low, usd_high=high, unit=unit_of(what), **shared)


class Priced(Record):
    """Anything that carries prices."""

    prices: tuple[PriceGroup, ...] = ()

    def all_prices(self) -> Iterator[Price]:
        """Every figure, in the file's order."""
        for group in self.prices:
            yield from group.prices()

    def price(self, what: What, tier: str | None = None, technique: str | None = None) -> Price | None:
        """The figure that fits best; None when it is unknown.

        A figure that names a tier or a technique counts only for that one; one that names none counts for all, unless a
        more exact one is there.
        """
        fitting = [
            p
            for p in self.all_prices()
            if p.what == what and p.tier in (None, tier) and p.technique in (None, technique)
        ]
        return max(fitting, key=lambda p: (p.technique is not None, p.tier is not None), default=None)


class Statement(Record):
    """A rule or fact in words, with its source."""

    text: str
    source: str
    checked_on: date


class Event(Statement):
    """A dated change: what ends for whom."""

    day: date
    ends: Literal["new_jobs_for_some", "new_jobs", "inference", "other"]


class Eligibility(Statement):
    """What an organisation must have before it may tune here."""

    id: str
    otherwise: str
    """The next best route when it is not so."""


class Limit(Statement):
    """A size the provider sets."""

    what: Literal[
        "min_examples",
        "max_examples",
        "max_validation_examples",
        "advised_examples",
        "max_tokens_per_example",
        "max_file_mb",
        "max_images_per_example",
        "max_image_mb",
    ]
    value: int
    technique: Technique | None = None


class Tier(Record):
    """A way of buying: where the data may go, what is promised, what is charged while idle."""

    title: str
    note: str
    deployment_hours: int | None = None
    """How long a deployment lives before it is deleted; None when it stays."""


class Portability(Statement):
    """What can be taken away when leaving."""

    data: Literal["yes", "partly", "no"]
    weights: Literal["yes", "partly", "no"]


class Billing(Statement):
    """How a training job is charged, beyond the figure itself."""

    by: Literal["tokens", "gpu_hours", "own_hardware", "not_offered"]
    validation: Literal["free", "per_evaluation"] = "free"
    default_epochs: int | None = None
    """What the provider trains when nothing is said; None: it chooses by the size of the file."""
    hosting: Literal["per_hour", "gpu", "none", "own_hardware"] = "none"
    """gpu: rented or owned GPUs, around the clock, at `serving_per_hour` where that is priced apart."""
    caching_from_tokens: int | None = None
    """Prompts shorter than this are never cached; None when unknown or not offered."""


class Model(Priced):
    """One base that can (or could) be tuned, or that is only there to be compared with."""

    title: str = ""
    aliases: tuple[str, ...] = ()
    techniques: dict[Technique, Literal["ga", "preview", "invitation"]] = Field(default={})
    """Empty: it cannot be tuned here."""
    adapters: tuple[Literal["lora", "full", "provider_managed"], ...] = ("provider_managed",)
    parameters_b: Usd | None = None
    """Parameters in billions (for the memory and time estimate); None when the maker does not say."""
    tokenizer: str | None = None
    context_tokens: int | None = None
    train_max_tokens: int | None = None
    ended_on: date | None = None
    """No longer served at all."""
    training_ends: date | None = None
    inference_ends: date | None = None
    base_ends: date | None = None
    """The untuned base's own retirement, where it differs from that of the tuned models."""
    ends_source: str | None = None
    uncertain: str = ""
    """What the sources disagree about."""
    reasons: bool = False
    """Writes reasoning tokens that are billed as output."""
    next_route: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _ends_need_a_source(self) -> "Model":
        if (self.ended_on or self.training_ends or self.inference_ends) and not self.ends_source:
            raise ValueError("a retirement date needs ends_source")
        return self


class Hardware(Priced):
    """A GPU that can be rented by the hour."""

    title: str
    memory_gib: int
    bf16_tflops: int | None = None
    """Dense peak from the maker's data sheet; None: unknown, so no time is estimated."""
    source: str
    checked_on: date


class Provider(Record):
    """Everything known about tuning at one provider."""

    id: str
    title: str
    aliases: tuple[str, ...] = ()
    status: Literal["open", "winding_down", "deprecated", "ended"]
    summary: str
    billing: Billing
    default_tier: str | None = None
    tiers: dict[str, Tier] = Field(default={})
    events: tuple[Event, ...] = ()
    eligibility: tuple[Eligibility, ...] = ()
    limits: tuple[Limit, ...] = ()
    formats: tuple[str, ...] = ()
    regions: tuple[Statement, ...] = ()
    portability: Portability | None = None
    next_route: str = ""
    models: dict[str, Model] = Field(default={})
    hardware: dict[str, Hardware] = Field(default={})
    meters: dict[str, str] = Field(default={})
    """Name of a figure in the provider's machine-readable price list -> `model/tier/what` here (for refreshing)."""

    @model_validator(mode="after")
    def _tiers_exist(self) -> "Provider":
        if self.default_tier is not None and self.default_tier not in self.tiers:
            raise ValueError(f"default_tier {self.default_tier!r} is not among the tiers")
        for name, model in self.models.items():
            for p in model.all_prices():
                if p.tier is not None and p.tier not in self.tiers:
                    raise ValueError(f"{name}: tier {p.tier!r} is not among the tiers")
        return self

    def figures(self) -> Iterator[tuple[str, Price]]:
        """Every figure with the model or hardware it belongs to."""
        for name, item in (*self.models.items(), *self.hardware.items()):
            for p in item.all_prices():
                yield name, p

    def limit(self, what: str, technique: str | None = None) -> Limit | None:
        """The limit that fits best; None when unknown."""
        fitting = [x for x in self.limits if x.what == what and x.technique in (None, technique)]
        return max(fitting, key=lambda x: x.technique is not None, default=None)
