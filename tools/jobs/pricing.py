"""The worst case of a plan in USD, from the dated price tables; unknown is None and never 0."""

import hashlib
from datetime import date
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import NamedTuple

from knowledge.sources import source
from tools.canonical import canonical
from tools.errors import AdvisorError
from tools.jobs.models import Technique
from tools.records import clock

LOCAL_TABLE = "local"
OWN_MACHINES = {"local": "this computer's", "ray": "your cluster's"}


class Price(NamedTuple):
    """What one training costs."""

    expected_usd: Decimal | None
    worst_case_usd: Decimal | None
    table: str
    """Digest of the figures used: when one changes, an approval given before no longer fits."""
    notes: tuple[str, ...]
    retires_on: date | None
    training_ends: date | None


def price(
    *,
    backend: str,
    base_model: str,
    technique: Technique,
    tier: str | None,
    tokens: int | None,
    validation_tokens: int | None,
    n_epochs: int | None,
    hours: Decimal | None = None,
    dataset: Path | None = None,
    validation: Path | None = None,
) -> Price:
    """Price one training; no figure without a source.

    Args:
        backend: where.
        base_model: what is tuned there.
        technique: how.
        tier: its own name of a kind of training.
        tokens: of the training file, once; None: not known exactly.
        validation_tokens: the same of the validation file.
        n_epochs: None: the provider chooses.
        hours: where time is paid, the most there may be.
        dataset: the training file, counted as a range where its tokens are not known exactly.
        validation: the validation file, likewise.
    """
    if backend in OWN_MACHINES:
        note = f"0 USD to a provider; {OWN_MACHINES[backend]} power and time are yours."
        return Price(Decimal(0), Decimal(0), LOCAL_TABLE, (note,), None, None)
    if hours is not None:
        return _rented(backend, tier or "", hours)
    from tools.cost import CostRequest, estimate, worst_case_training_usd

    request = CostRequest(
        provider=backend,
        model=base_model,
        technique=technique,
        tier="regional" if tier == "standard" and backend == "azure" else tier,
        training_tokens=tokens,
        validation_tokens=validation_tokens,
        dataset=dataset if tokens is None else None,
        validation=validation if validation_tokens is None else None,
        n_epochs=n_epochs,
        today=clock.now().date(),
    )
    try:
        found = estimate(request)
    except AdvisorError as e:
        retires_on, training_ends = _ends(backend, base_model)
        return _unknown(e.what)._replace(retires_on=retires_on, training_ends=training_ends)
    try:
        worst: Decimal | None = worst_case_training_usd(request)
    except AdvisorError:
        worst = None
    training = found.training_usd
    figures = [p for p in found.prices if "train" in p.what or "grad" in p.what]
    table = hashlib.sha256(canonical([p.model_dump(mode="json") for p in figures]).encode()).hexdigest()[:16]
    notes = [f"{p.what}: {p.usd} USD {p.unit} ({p.source}, checked {p.checked_on})" for p in figures]
    notes += [f"unknown: {reason}" for reason in training.unknown]
    if tokens is None and not training.unknown:
        notes += [f"{a.name}: {a.value} ({a.why})" for a in found.assumptions if a.name == "training_tokens"]
    life = found.lifetime
    return Price(training.expected, worst, table, tuple(notes), life.inference_ends, life.training_ends)


def _rented(backend: str, flavour: str, hours: Decimal) -> Price:
    """A machine by the hour: never more than the hours after which it is stopped; what is expected nobody knows."""
    from tools.cost.catalogue import find_provider

    machine = find_provider(backend).hardware.get(flavour)
    rate = machine.price("gpu_per_hour") if machine else None
    if rate is None:
        return _unknown(f"no price of a machine named {flavour!r} at {backend}")
    worst = (rate.usd_high * hours).quantize(Decimal("0.01"), ROUND_CEILING)
    table = hashlib.sha256(canonical(rate.model_dump(mode="json")).encode()).hexdigest()[:16]
    cited = source(rate.source).title
    note = f"{flavour}: {rate.usd_high} USD an hour ({cited}, checked {rate.checked_on}), stopped after {hours} h"
    return Price(None, worst, table, (note,), None, None)


def _ends(backend: str, base_model: str) -> tuple[date | None, date | None]:
    """(when a base without a price retires, when it takes its last job), where the catalogue is sure of it."""
    from knowledge.prices import find_model, provider

    try:
        base = find_model(provider(backend), base_model)[1]
    except KeyError:
        return None, None
    return (None, None) if base.uncertain else (base.ended_on or base.inference_ends, base.training_ends)


def _unknown(why: str) -> Price:
    return Price(None, None, "none", (f"The price is not known: {why}.",), None, None)
