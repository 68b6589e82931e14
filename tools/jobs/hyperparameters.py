"""Every hyperparameter with its origin: given by the person, from the data's size, measured by us, the provider's."""

import os
from decimal import Decimal
from typing import Any

from knowledge.hyperparameters import hyperparameters as knowledge
from tools.errors import InputError
from tools.jobs.models import METHODS, Hyperparameter, Technique
from tools.named import closest

WIRE: dict[Technique, tuple[str, ...]] = {"sft": ("n_epochs", "batch_size", "learning_rate_multiplier")}
WIRE["dpo"] = (*WIRE["sft"], "beta")
WIRE["rft"] = (*WIRE["sft"], "compute_multiplier", "eval_interval", "eval_samples", "reasoning_effort")
ELSEWHERE: dict[str, dict[Technique, tuple[str, ...]]] = {
    "google": {
        "sft": ("n_epochs", "learning_rate_multiplier", "adapter_size"),
        "dpo": ("n_epochs", "learning_rate_multiplier", "adapter_size", "beta"),
    },
    "together": {
        "sft": ("n_epochs", "batch_size", "learning_rate", "lora_r"),
        "dpo": ("n_epochs", "batch_size", "learning_rate", "lora_r", "beta"),
    },
}
"""Names at backends of another wire."""
OWN_SCRIPT = ("local", "huggingface", "ray")
"""Backends that run our recipe; the rest chooses for itself what is not given."""
MORE = {"huggingface": ("timeout_hours",), "ray": ("workers",)}
"""What they need to know besides."""
TIMEOUT_HOURS = 0.5
"""Hugging Face's own, where none is given (providers.hf_jobs)."""
WORKERS_SETTING, WORKERS = "ADVISOR_RAY_WORKERS", 2
ADAPTER_SIZES = (1, 2, 4, 8, 16, 32)
BOUNDS: dict[str, tuple[float, float]] = {
    "n_epochs": (1, 50),
    "batch_size": (1, 256),
    "learning_rate_multiplier": (1e-6, 1000),
    "beta": (0, 2),
    "learning_rate": (1e-8, 1),
    "timeout_hours": (0.1, 72),
    "workers": (1, 1024),
}


def choose(technique: Technique, backend: str, rows: int, given: dict[str, Any]) -> tuple[Hyperparameter, ...]:
    """All hyperparameters of a plan.

    Args:
        technique: sft, dpo or rft.
        backend: the backend's name; the local engine takes more of them and has a measured recipe.
        rows: examples in the training file.
        given: what the person wants; "auto" leaves it to the provider.

    Raises:
        InputError: a name that does not exist there, or a value out of bounds.
    """
    known = names(technique, backend)
    for name in given:
        if name not in known:
            raise InputError(f"there is no hyperparameter {name!r} here", remedy=closest(name, known))
    values = {name: _checked(name, value) for name, value in given.items()}
    own = backend in OWN_SCRIPT
    chosen = {p.name: p for p in (_local(technique, rows, values) if own else _cloud(technique, rows, known))}
    if backend == "huggingface":
        rule = "Hugging Face ends a job after this time, whatever it does: that bounds its cost, and may cut it short"
        chosen["timeout_hours"] = Hyperparameter(
            name="timeout_hours", value=TIMEOUT_HOURS, origin="provider default", rule=rule
        )
    if backend == "ray":
        chosen["workers"] = _workers()
    for name, value in values.items():
        chosen[name] = Hyperparameter(name=name, value=value, origin="given", rule="as you asked")
    if backend == "ray":
        _refuse_uneven(chosen["batch_size"].value, chosen["workers"].value)
    return tuple(chosen[name] for name in known if name in chosen)


def names(technique: Technique, backend: str) -> tuple[str, ...]:
    """The hyperparameters that a plan at this backend may name."""
    if backend in OWN_SCRIPT:
        return (*_local_names(technique), *MORE.get(backend, ()))
    return ELSEWHERE.get(backend, WIRE).get(technique, WIRE[technique])


def hours(parameters: tuple[Hyperparameter, ...]) -> Decimal | None:
    """The longest it may run where the time is what is paid; None elsewhere."""
    value = next((p.value for p in parameters if p.name == "timeout_hours"), None)
    return None if value is None else Decimal(str(value))


def steps(parameters: tuple[Hyperparameter, ...], rows: int) -> int | None:
    """Optimiser steps of the whole job; None where the provider chooses."""
    values = {p.name: p.value for p in parameters}
    epochs, batch = values.get("n_epochs"), values.get("batch_size")
    if not isinstance(epochs, int) or not isinstance(batch, int):
        return None
    return -(-rows // batch) * epochs


def worst_epochs(parameters: tuple[Hyperparameter, ...]) -> int | None:
    """The most epochs that may be billed; None where the provider chooses."""
    value = next((p.value for p in parameters if p.name == "n_epochs"), None)
    return value if isinstance(value, int) else None


def _local_names(technique: Technique) -> tuple[str, ...]:
    from tools.engine import recipe

    other = {name for name, method in recipe.ONLY_FOR.items() if method != METHODS[technique]}
    return tuple(name for name in recipe.Hyperparameters.model_fields if name not in other)


def _local(technique: Technique, rows: int, given: dict[str, Any]) -> list[Hyperparameter]:
    """The engine's own recipe, so that the plan says the numbers that will run and not "auto"."""
    from tools.engine import recipe

    numbers = {k: v for k, v in given.items() if v != "auto"}
    resolved = recipe.resolve(recipe.Hyperparameters.model_construct(**numbers), rows, METHODS[technique])
    found = []
    for name in _local_names(technique):
        if name in resolved.values:
            sized = name == "n_epochs"
            found.append(
                Hyperparameter(
                    name=name,
                    value=resolved.values[name],
                    origin="from data size" if sized else "our measured recipe",
                    rule=resolved.origins[name],
                )
            )
    return found


def _workers() -> Hyperparameter:
    given = os.environ.get(WORKERS_SETTING, "").strip()
    number = _checked("workers", given or WORKERS)
    why = f"as {WORKERS_SETTING} says" if given else f"set {WORKERS_SETTING}, or --set workers=N"
    rule = f"processes that share each batch, one a machine where there are enough; {why}"
    return Hyperparameter(name="workers", value=number, origin="given" if given else "provider default", rule=rule)


def _refuse_uneven(batch: Any, workers: Any) -> None:
    if isinstance(batch, int) and batch % workers:
        text = f"batch_size {batch} cannot be divided evenly among {workers} workers"
        raise InputError(text, remedy="Change either, so that each step sees the same rows however many there are.")


def _cloud(technique: Technique, rows: int, known: tuple[str, ...]) -> list[Hyperparameter]:
    """Epochs are fixed in the plan, for a worst case needs a number; the rest is the provider's to choose."""
    if technique == "rft":
        epochs = Hyperparameter(name="n_epochs", value="auto", origin="provider default", rule="the provider chooses")
    else:
        auto = knowledge().auto_epochs
        number = auto.epochs(rows)
        rule = (
            f"{number} for {rows:,} examples: {auto.target}, unless that makes fewer than {auto.min_total:,} or more "
            f"than {auto.max_total:,} examples in all ({auto.source})"
        )
        epochs = Hyperparameter(name="n_epochs", value=number, origin="from data size", rule=rule)
    rest = [
        Hyperparameter(name=n, value="auto", origin="provider default", rule="the provider chooses") for n in known[1:]
    ]
    return [epochs, *rest]


def _checked(name: str, value: Any) -> Any:
    if value == "auto" or name == "reasoning_effort":
        return value
    if name == "full":
        if str(value).lower() not in ("true", "false"):
            raise InputError(f"full must be true or false, not {value!r}")
        return str(value).lower() == "true"
    if name == "adapter_size" and str(value) not in map(str, ADAPTER_SIZES):
        raise InputError(f"adapter_size must be one of {', '.join(map(str, ADAPTER_SIZES))}, not {value!r}")
    if isinstance(value, str):
        try:
            value = float(value) if "." in value or "e" in value.lower() else int(value)
        except ValueError:
            raise InputError(f"{name} must be a number or auto, not {value!r}") from None
    low, high = BOUNDS.get(name, (0, 1e6))
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be between {low:g} and {high:g}, not {value!r}")
    whole = name in (
        "n_epochs",
        "batch_size",
        "lora_r",
        "max_length",
        "warmup_steps",
        "threads",
        "adapter_size",
        "workers",
    )
    if whole and int(value) != value:
        raise InputError(f"{name} must be a whole number, not {value!r}")
    return int(value) if whole else value
