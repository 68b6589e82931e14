"""Every number another tool needs; what the plan leaves open is resolved as the local engine would."""

from typing import Any

from tools.jobs.models import Envelope


def numbers(e: Envelope) -> tuple[dict[str, Any], list[str]]:
    """The numbers by name, and what a person should know about them."""
    from tools.engine import recipe

    known = {k: v for k, v in e.hyperparameters.items() if v != "auto" and k in recipe.Hyperparameters.model_fields}
    asked = recipe.Hyperparameters.model_validate(known)
    values = dict(recipe.resolve(asked, e.training.rows, e.method).values)
    if isinstance(e.hyperparameters.get("learning_rate"), int | float):
        values["learning_rate"] = e.hyperparameters["learning_rate"]
    values["seed"] = e.seed
    open_ones = [k for k, v in e.hyperparameters.items() if v == "auto"]
    notes = [f"{', '.join(open_ones)}: left to the provider in the plan; here the local recipe's."] if open_ones else []
    notes.append(
        "The learning rate is absolute here; it was measured on SmolLM2-135M. Larger bases want a smaller one."
    )
    return values, notes


def head(plan_id: str, digest: str) -> str:
    """The first lines of every file: which plan it is."""
    from tools.jobs import PROMISE

    return f"# Plan {plan_id}, digest {digest}\n# {PROMISE} That holds here, not in other tools.\n"
