"""Hyperparameters: what was asked, what "auto" became, and why."""

from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.engine.wire import CreateJob, WireError

Auto = Literal["auto"]


@cache
def defaults() -> dict[str, dict[str, Any]]:
    """The engine's own numbers, each {value, why}."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "recipe.yaml").read_text())
    return loaded


def default(name: str) -> Any:
    """The value of one of them."""
    return defaults()[name]["value"]


class Hyperparameters(BaseModel):
    """What a request may ask for: OpenAI's three, and what LoRA needs besides (as extra fields or in metadata)."""

    model_config = ConfigDict(extra="forbid")

    n_epochs: Auto | int = Field(default="auto", ge=1, le=50)
    batch_size: Auto | int = Field(default="auto", ge=1, le=256)
    learning_rate_multiplier: Auto | float = Field(default="auto", gt=0, le=1000)
    lora_r: Auto | int = Field(default="auto", ge=1, le=256)
    lora_alpha: Auto | float = Field(default="auto", gt=0, le=1024)
    max_length: Auto | int = Field(default="auto", ge=16, le=131072)
    warmup_steps: Auto | int = Field(default="auto", ge=0, le=10_000)
    threads: Auto | int = Field(default="auto", ge=1, le=256)
    full: Auto | bool = "auto"
    """Train all weights instead of an adapter."""
    beta: Auto | float = Field(default="auto", ge=0, le=2)
    """DPO only: how strongly the model is held to its old behaviour."""
    answers_per_prompt: Auto | int = Field(default="auto", ge=2, le=64)
    """Reinforcement only: answers drawn for each prompt of a step, compared with each other."""
    answer_tokens: Auto | int = Field(default="auto", ge=1, le=4096)
    """Reinforcement only: the longest answer drawn."""
    eval_samples: Auto | int = Field(default="auto", ge=1, le=10_000)
    """Reinforcement only: validation prompts asked at each evaluation."""
    eval_interval: Auto | int = Field(default="auto", ge=1, le=10_000)
    """Reinforcement only: steps between evaluations."""
    compute_multiplier: Auto | float = Field(default="auto", gt=0, le=16)
    """Reinforcement only: scales the answers drawn for each prompt."""
    reasoning_effort: Auto | Literal["default"] = "auto"
    """Reinforcement only, and only as it is: the models here do not reason apart from their answer."""


IN_METADATA = ("lora_r", "lora_alpha", "max_length", "warmup_steps", "threads", "full")
_REINFORCEMENT = (
    *("answers_per_prompt", "answer_tokens", "eval_samples"),
    *("eval_interval", "compute_multiplier", "reasoning_effort"),
)
ONLY_FOR = {"beta": "dpo"} | dict.fromkeys(_REINFORCEMENT, "reinforcement")


def asked(request: CreateJob) -> Hyperparameters:
    """The hyperparameters of a request, checked.

    Raises:
        WireError: 400 naming the field.
    """
    given = {**(request.hyperparameters or {}), **request.method.settings.hyperparameters}
    given |= {key: request.metadata[key] for key in IN_METADATA if key in request.metadata and key not in given}
    for name, method in ONLY_FOR.items():
        if name in given and request.method.type != method:
            where = f"method.{request.method.type}.hyperparameters.{name}"
            raise WireError(400, f"{where}: only '{method}' has it.", code="invalid_hyperparameter", param=where)
    try:
        return Hyperparameters.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as e:
        first = e.errors(include_url=False)[-1]
        name = str(first["loc"][0])
        where = f"method.{request.method.type}.hyperparameters.{name}"
        known = ", ".join(Hyperparameters.model_fields)
        text = f"Not known here; this engine knows {known}" if first["type"] == "extra_forbidden" else first["msg"]
        raise WireError(400, f"{where}: {text}.", code="invalid_hyperparameter", param=where) from e


class Resolved(NamedTuple):
    """Every number of a run, and for each where it came from."""

    values: dict[str, Any]
    origins: dict[str, str]


def resolve(wanted: Hyperparameters, rows: int, method: str = "supervised") -> Resolved:
    """Turn "auto" into numbers for a training file of `rows` usable rows."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, value in wanted:
        if name in ONLY_FOR and ONLY_FOR[name] != method:
            continue
        if value != "auto":
            values[name], origins[name] = value, "given"
        elif record := defaults().get(f"{name}_{method}") or defaults().get(name):
            values[name], origins[name] = record["value"], record["why"]
    if wanted.compute_multiplier != "auto" and wanted.answers_per_prompt == "auto" and method == "reinforcement":
        values["answers_per_prompt"] = max(2, round(default("answers_per_prompt") * wanted.compute_multiplier))
        origins["answers_per_prompt"] = f"{default('answers_per_prompt')} times compute_multiplier"
    if wanted.learning_rate_multiplier == "auto":
        values["learning_rate_multiplier"], origins["learning_rate_multiplier"] = 1.0, "the recipe's own rate"
    rate = "learning_rate_full" if values["full"] else f"learning_rate_{method}"
    values["learning_rate"] = default(rate) * values["learning_rate_multiplier"]
    origins["learning_rate"] = defaults()[rate]["why"]
    if wanted.n_epochs == "auto":
        steps_an_epoch = max(1, -(-rows // values["batch_size"]))
        wished, least, most = (default(name) for name in ("auto_steps", "auto_epochs_min", "auto_epochs_max"))
        epochs = min(max(round(wished / steps_an_epoch), least), most)
        near = abs(epochs * steps_an_epoch - wished) <= steps_an_epoch / 2
        made = f"about {wished} steps" if near else f"{epochs * steps_an_epoch} steps, not about {wished},"
        values["n_epochs"] = epochs
        why = "" if near else f"of {least} to {most} epochs, {epochs} is nearest; "
        origins["n_epochs"] = f"{made} for {rows} rows: {why}{defaults()['auto_steps']['why']}"
    return Resolved(values, origins)
