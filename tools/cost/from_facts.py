"""From what a person said about the task to a request, and the lifetime a recommendation must carry as a risk."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from knowledge.prices import Technique
from tools.cost.catalogue import Offer, find_offer, find_provider
from tools.cost.figures import all_providers
from tools.cost.lifetime import lifetime
from tools.cost.request import CostRequest, parse_request
from tools.cost.result import CostEstimate, Lifetime
from tools.errors import AdvisorError

# How often the data of a task change is how often a tuned model has to be trained again to know them.
RETRAIN_PER_YEAR = {"never": 0, "yearly": 1, "quarterly": 4, "monthly": 12, "weekly": 52, "daily": 365}

HERE = ("local", "smollm2-135m-instruct")
OWN = ("own_gpu", "qwen3-8b")
USUAL = (("azure", "gpt-4.1-mini"), ("openai", "gpt-4.1-mini"))
"""What is priced when nobody named a provider: the base that most newcomers mean, where it can still be tuned."""


def request_from_facts(
    known: Mapping[str, Any], *, provider: str, model: str, assume: Mapping[str, object] | None = None, **given: Any
) -> CostRequest:
    """A request that carries the facts which matter for cost; what is given explicitly goes before them.

    The prompt a person names is today's, so it stands against the tuned model's, which is measured on the dataset.
    Without a dataset the training file is taken as so many examples of one request each, which is a range.

    Args:
        known: facts by the names of the facts contract; unknown ones absent or None.
        provider: id or alias.
        model: a base, an alias or a tuned model's id.
        assume: assumptions that a person changed, by name; they go before everything.
        given: fields of the request, such as dataset.

    Raises:
        InputError: a value is not what the request takes.
    """
    months = known.get("horizon_months")
    dataset, examples = given.get("dataset"), known.get("examples")
    lengths = [known.get("prompt_tokens"), known.get("completion_tokens")]
    tokens = None
    if dataset is None and examples and None not in lengths:
        tokens = examples * sum(lengths)  # type: ignore[arg-type]
    facts = {
        "requests_per_day": known.get("requests_per_day"),
        "baseline_prompt_tokens": known.get("prompt_tokens"),
        "prompt_tokens": None if dataset else known.get("prompt_tokens"),
        "completion_tokens": known.get("completion_tokens"),
        "examples": None if dataset else examples,
        "training_tokens": tokens,
        "tokens_exact": None if tokens is None else False,
        "retrain_per_year": RETRAIN_PER_YEAR.get(str(known.get("knowledge_change"))),
        "months": min(max(int(months), 1), 120) if months else None,
    }
    merged = {k: v for k, v in {**facts, **given}.items() if v is not None}
    return parse_request(assume, provider=provider, model=model, **merged)


def offers_from_facts(
    known: Mapping[str, Any], *, today: date, technique: Technique | None = None, most: int = 3
) -> tuple[Offer, ...]:
    """What to price first: the provider and base that were named, this computer, then the usual hosted ones.

    Offers that ended, or that do not train by this technique, are left out. Where the data must stay inside, only
    hardware of one's own is priced.

    Args:
        known: facts by name.
        today: the day to judge on.
        technique: how it would be trained; None: as each base offers.
        most: no more than so many.
    """
    named, base = known.get("provider"), known.get("base_model")
    inside = known.get("data_must_stay_inside") or known.get("offline_required")
    wanted: list[tuple[str, str]] = []
    if named and base:
        wanted.append((named, base))
    if base:
        wanted += [(p, base) for p in all_providers()]
    elif named:
        wanted += [(named, m) for m in _models(named)]
    wanted += [HERE, OWN] if inside else [HERE, *USUAL]
    found: dict[tuple[str, str], Offer] = {}
    of: Counter[str] = Counter()
    for provider, model in wanted:
        try:
            offer = find_offer(provider, model, technique=technique, tier=None, today=today)
        except AdvisorError:
            continue
        key, own = (offer.provider.id, offer.name), offer.provider.id in (HERE[0], OWN[0])
        if key not in found and (own or not inside) and not of[offer.provider.id]:
            found[key] = offer
            of[offer.provider.id] += 1
    here = [o for o in found.values() if o.provider.id == HERE[0]]
    others = [o for o in found.values() if o.provider.id != HERE[0]]
    return (*others[:1], *here, *others[1:])[:most]


def _models(provider: str) -> list[str]:
    """Bases of a provider, those with a training price first."""
    try:
        models = find_provider(provider).models
    except AdvisorError:
        return []
    whats = ("training_per_1m", "training_per_hour")
    return sorted(models, key=lambda m: not any(p.what in whats for p in models[m].all_prices()))


def risks_of(e: CostEstimate) -> tuple[str, ...]:
    """What a recommendation must carry of an estimate: a base that ends before the money is back or the use is over."""
    life, where, ends = e.lifetime, f"{e.model} at {find_provider(e.provider).title}", e.lifetime.inference_ends
    if life.pays_back_in_time is False:
        said = f"Tuning {where} would pay back on {life.payback_on}, after the base ends on {ends}."
    elif life.covers_horizon is False:
        said = f"Models tuned on {where} end on {ends}, before the {e.months} months are over."
    else:
        return ()
    return (f"{said} [estimate of {e.as_of}]",)


def lifetime_of(provider: str, model: str, *, months: int, today: date) -> Lifetime:
    """How long a tuned result could be served, without pricing it: a light call for the recommendation's risks.

    Raises:
        InputError: a name is not known.
        RefusedError: it can no longer be tuned there; the message names the next route.
    """
    return lifetime(find_offer(provider, model, technique=None, tier=None, today=today), today, months, None, None)
