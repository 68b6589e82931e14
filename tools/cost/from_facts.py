"""From what a person said about the task to a request, and the lifetime a recommendation must carry as a risk."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tools.cost.catalogue import find_offer
from tools.cost.lifetime import lifetime
from tools.cost.request import CostRequest
from tools.cost.result import Lifetime

# How often the data of a task change is how often a tuned model has to be trained again to know them.
RETRAIN_PER_YEAR = {"never": 0, "yearly": 1, "quarterly": 4, "monthly": 12, "weekly": 52, "daily": 365}


def request_from_facts(known: Mapping[str, Any], *, provider: str, model: str, **given: Any) -> CostRequest:
    """A request that carries the facts which matter for cost; what is given explicitly goes before them.

    The prompt a person names is today's, so it stands against the tuned model's, which is measured on the dataset.

    Args:
        known: facts by the names of the facts contract; unknown ones absent or None.
        provider: id or alias.
        model: a base, an alias or a tuned model's id.
        given: fields of the request, such as dataset.

    Raises:
        pydantic.ValidationError: a value is not what the request takes.
    """
    months = known.get("horizon_months")
    facts = {
        "requests_per_day": known.get("requests_per_day"),
        "baseline_prompt_tokens": known.get("prompt_tokens"),
        "prompt_tokens": None if given.get("dataset") else known.get("prompt_tokens"),
        "completion_tokens": known.get("completion_tokens"),
        "examples": None if given.get("dataset") else known.get("examples"),
        "retrain_per_year": RETRAIN_PER_YEAR.get(str(known.get("knowledge_change"))),
        "months": min(max(int(months), 1), 120) if months else None,
    }
    merged = {k: v for k, v in {**facts, **given}.items() if v is not None}
    return CostRequest(provider=provider, model=model, **merged)


def lifetime_of(provider: str, model: str, *, months: int, today: date) -> Lifetime:
    """How long a tuned result could be served, without pricing it: a light call for the recommendation's risks.

    Raises:
        InputError: a name is not known.
        RefusedError: it can no longer be tuned there; the message names the next route.
    """
    return lifetime(find_offer(provider, model, technique=None, tier=None, today=today), today, months, None, None)
