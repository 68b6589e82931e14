"""What an estimate is asked for. Everything but provider and model may be left out; what is filled in is named."""

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
    today: date | None = None
    """The day prices and dates are judged on; the door fills it in."""


def parse_request(**fields: object) -> CostRequest:
    """A request from loose fields, such as a command's options.

    Raises:
        InputError: a field is not what the request takes; named.
    """
    try:
        return CostRequest.model_validate(fields)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"])) or "request"
        raise InputError(f"{name}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None


Origin = Literal["given", "measured", "default", "provider's rule", "catalogue"]
