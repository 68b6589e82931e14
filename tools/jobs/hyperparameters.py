"""Every hyperparameter with its origin: given by the person, from the data's size, measured by us, the provider's."""

from typing import Any

from knowledge.hyperparameters import hyperparameters as knowledge
from tools.errors import InputError
from tools.jobs.models import METHODS, Hyperparameter, Technique

WIRE: dict[Technique, tuple[str, ...]] = {"sft": ("n_epochs", "batch_size", "learning_rate_multiplier")}
WIRE["dpo"] = (*WIRE["sft"], "beta")
WIRE["rft"] = (*WIRE["sft"], "compute_multiplier", "eval_interval", "eval_samples", "reasoning_effort")
BOUNDS: dict[str, tuple[float, float]] = {
    "n_epochs": (1, 50),
    "batch_size": (1, 256),
    "learning_rate_multiplier": (1e-6, 1000),
    "beta": (0, 2),
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
    known = _local_names(technique) if backend == "local" else WIRE[technique]
    for name in given:
        if name not in known:
            raise InputError(f"there is no hyperparameter {name!r} here", remedy=f"Known: {', '.join(known)}.")
    values = {name: _checked(name, value) for name, value in given.items()}
    chosen = {p.name: p for p in (_local(technique, rows, values) if backend == "local" else _cloud(technique, rows))}
    for name, value in values.items():
        chosen[name] = Hyperparameter(name=name, value=value, origin="given", rule="as you asked")
    return tuple(chosen[name] for name in known if name in chosen)


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


def _cloud(technique: Technique, rows: int) -> list[Hyperparameter]:
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
        Hyperparameter(name=n, value="auto", origin="provider default", rule="the provider chooses")
        for n in WIRE[technique][1:]
    ]
    return [epochs, *rest]


def _checked(name: str, value: Any) -> Any:
    if value == "auto" or name == "reasoning_effort":
        return value
    if name == "full":
        if str(value).lower() not in ("true", "false"):
            raise InputError(f"full must be true or false, not {value!r}")
        return str(value).lower() == "true"
    if isinstance(value, str):
        try:
            value = float(value) if "." in value or "e" in value.lower() else int(value)
        except ValueError:
            raise InputError(f"{name} must be a number or auto, not {value!r}") from None
    low, high = BOUNDS.get(name, (0, 1e6))
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be between {low:g} and {high:g}, not {value!r}")
    whole = name in ("n_epochs", "batch_size", "lora_r", "max_length", "warmup_steps", "threads")
    if whole and int(value) != value:
        raise InputError(f"{name} must be a whole number, not {value!r}")
    return int(value) if whole else value
