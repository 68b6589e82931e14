"""What to do after training at each backend, with the hourly price from the catalogue; guidance, never done for you."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.price_records import Price
from knowledge.sources import source
from tools.errors import AdvisorError, RefusedError
from tools.jobs.models import Job, Plan

HOURS_A_DAY, HOURS_A_MONTH = 24, 730
Hosting = Literal["per_hour", "per_token", "own", "unknown"]


class Way(BaseModel):
    """One backend of ways.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosting: Hosting
    deploy: tuple[str, ...]
    undo: tuple[str, ...]
    caution: str = ""
    source: str
    read_on: date


class Guidance(BaseModel):
    """How to deploy one tuned model. Amounts in USD; None where no price is published, which is not 0."""

    model_config = ConfigDict(frozen=True)

    job_id: str
    backend: str
    model: str
    base: str
    hosting: Hosting
    deploy: tuple[str, ...]
    undo: tuple[str, ...]
    caution: str
    usd_per_hour: Decimal | None
    idle_usd_per_day: Decimal | None
    idle_usd_per_month: Decimal | None
    price_source: str
    price_checked_on: date | None
    source: str
    read_on: date


@cache
def ways() -> dict[str, Way]:
    """All backends by name."""
    text = Path(__file__).with_name("ways.yaml").read_text(encoding="utf-8")
    return {name: Way.model_validate(fields) for name, fields in yaml.safe_load(text).items()}


def guidance(job: Job, plan: Plan) -> Guidance:
    """How to put the tuned model of a job to work, and how to go back.

    Raises:
        RefusedError: there is no tuned model.
    """
    if job.fine_tuned_model is None:
        raise RefusedError(f"the job has no tuned model ({job.status})", remedy=f"See: jobs show {job.id}")
    way = ways().get(job.backend) or ways()["wire"]
    price = hourly_price(plan) if way.hosting == "per_hour" else None
    rate = price.usd_high if price else Decimal(0) if way.hosting in ("per_token", "own") else None
    words = {
        "model": job.fine_tuned_model,
        "base": job.base_model,
        "name": f"ft-{job.launch_key[:8]}",
        "job": job.id,
    }
    return Guidance(
        job_id=job.id,
        backend=job.backend,
        model=job.fine_tuned_model,
        base=job.base_model,
        hosting=way.hosting,
        deploy=tuple(step.format(**words) for step in way.deploy),
        undo=tuple(step.format(**words) for step in way.undo),
        caution=way.caution,
        usd_per_hour=rate,
        idle_usd_per_day=None if rate is None else rate * HOURS_A_DAY,
        idle_usd_per_month=None if rate is None else rate * HOURS_A_MONTH,
        price_source=_cited(price.source) if price else _cited(way.source),
        price_checked_on=price.checked_on if price else None,
        source=_cited(way.source),
        read_on=way.read_on,
    )


def hourly_price(plan: Plan) -> Price | None:
    """The catalogue's hourly price of a deployment of this plan's model; None when none is published."""
    from tools.cost.catalogue import find_model, find_provider

    e = plan.envelope
    try:
        provider = find_provider(e.backend)
        if e.backend == "huggingface":
            machine = provider.hardware.get(e.tier or "")
            return machine.price("serving_per_hour") if machine else None
        _, model = find_model(provider, e.base_model)
    except AdvisorError:
        return None
    # Trained in the developer tier or not, what is priced is a deployment that stays up.
    return model.price("hosting_per_hour", provider.default_tier, e.technique)


def _cited(key: str) -> str:
    cited = source(key)
    return f"{cited.title} ({cited.url})" if cited.url else cited.title
