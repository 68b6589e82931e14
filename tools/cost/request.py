"""What an estimate is asked for. Everything but provider and model may be left out; what is filled in is named."""

import difflib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from knowledge.prices import Technique
from tools.errors import InputError


def _decimal(value: object) -> object:
    """Floats become the figure a person wrote, not its binary neighbour."""
    return Decimal(str(value)) if isinstance(value, float) else value


Exact = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, allow_inf_nan=False)]
Share = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, le=1)]


class CostRequest(BaseModel):
    """One question to the estimator. Money in USD, tokens per request, months of 730 hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    model: str
    """A base, an alias, or a tuned model's id (its base is priced)."""
    technique: Technique | None = None
    """Default: `sft` where the base offers it, else the only technique it offers."""
    tier: str | None = None

    dataset: Path | None = None
    """Counted when no counts are given."""
    examples: int | None = Field(default=None, ge=0)
    training_tokens: int | None = Field(default=None, ge=0)
    """Tokens in the training file (one epoch), as the provider counts them."""
    tokens_exact: bool = True
    """Whether `training_tokens` were counted with the base's own tokenizer."""
    validation: Path | None = None
    """Counted where the provider charges for it."""
    validation_tokens: int | None = Field(default=None, ge=0)
    n_evaluations: int = Field(default=1, ge=0)
    """How often the validation file is scored during training (charged at some providers)."""
    n_epochs: int | None = Field(default=None, ge=1)
    training_hours: Exact | None = None
    """For jobs charged by the hour."""
    grader: str | None = None
    grader_input_tokens: int | None = Field(default=None, ge=0)
    grader_output_tokens: int | None = Field(default=None, ge=0)

    requests_per_day: Exact | None = None
    prompt_tokens: int | None = Field(default=None, ge=0)
    """Input tokens of one request to the tuned model. Default: measured from the dataset."""
    completion_tokens: int | None = Field(default=None, ge=0)
    """Output tokens of one request. Default: measured from the dataset."""
    cached_share: Share | None = None
    """Share of the input tokens that is answered from the provider's prompt cache."""
    batch_share: Share = Decimal(0)
    months: int = Field(default=12, ge=1, le=120)

    baseline_provider: str | None = None
    baseline_model: str | None = None
    """What is used today. Default: the same base, not tuned."""
    baseline_prompt_tokens: int | None = Field(default=None, ge=0)
    """Input tokens of one request today (instructions and examples included). Default: as for the tuned model."""
    baseline_completion_tokens: int | None = Field(default=None, ge=0)
    baseline_cached_share: Share | None = None

    label_examples: int | None = Field(default=None, ge=0)
    """Examples that people still have to write or label; None: none."""
    label_minutes: Exact | None = None
    """Minutes an example."""
    labour_hours: Exact | None = None
    labour_usd_per_hour: Exact | None = None
    retrain_per_year: Exact | None = None
    further_runs: int | None = Field(default=None, ge=0)
    eval_examples: int | None = Field(default=None, ge=0)

    gpu: str | None = None
    """For training billed by GPU hours: a name from the provider's hardware. Default: the cheapest that fits."""
    gpu_usd_per_hour: Exact | None = None
    """Your own cost of a GPU hour, instead of the catalogue's."""
    parameters_b: Exact | None = None
    """Size of an open-weight base in billions, where the catalogue does not know it."""
    method: Literal["full", "lora", "qlora"] = "lora"
    sequence_length: int = Field(default=1024, ge=1)
    """Longest example in tokens, for the memory of a rented GPU."""
    batch_size: int = Field(default=4, ge=1)
    """Examples on the GPU at once."""
    assumed: dict[str, Exact] = {}
    """Other defaults to put in the place of ours, by the names that `assumptions` lists."""
    today: date | None = None
    """The day prices and dates are judged on; the door fills it in."""


DEFAULTS = frozenset(
    {
        "retrain_hours",
        "gpu_setup_hours",
        "serving_memory_factor",
        "utilisation",
        "cached_share_high",
        "better_prompt_hours",
        "few_shot_hours",
        "few_shot_examples",
        "retrieval_hours",
        "retrieved_tokens",
        "reasoning_output_factor",
    }
)
"""Assumptions that are no fields of the request; `assumed` changes them."""
NOT_ASSUMED = frozenset({"provider", "model", "dataset", "validation", "assumed", "today"})


def changeable() -> tuple[str, ...]:
    """Every name that an assumption can be given by."""
    return tuple(sorted({*CostRequest.model_fields, *DEFAULTS} - NOT_ASSUMED))


def parse_request(assume: Mapping[str, object] | None = None, **fields: object) -> CostRequest:
    """A request from loose fields, such as a command's options.

    Args:
        assume: assumptions by name, given before the fields of the same name.
        fields: the request's fields.

    Raises:
        InputError: a field is not what the request takes, or there is no such assumption; named.
    """
    assumed: dict[str, object] = {}
    for name, value in (assume or {}).items():
        if name not in changeable():
            close = difflib.get_close_matches(name, changeable(), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(changeable())}."
            raise InputError(f"there is no assumption named {name!r}", remedy=hint)
        if name in DEFAULTS:
            assumed[name] = value
        else:
            fields[name] = value
    try:
        return CostRequest.model_validate({**fields, "assumed": assumed})
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"])) or "request"
        raise InputError(f"{name}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None


Origin = Literal["given", "measured", "default", "provider's rule", "catalogue"]
