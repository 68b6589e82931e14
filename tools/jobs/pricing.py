"""The worst case of a plan in USD, from the dated price tables; unknown is None and never 0."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tools.errors import AdvisorError
from tools.jobs.canonical import canonical
from tools.jobs.models import Technique
from tools.records import clock

LOCAL_TABLE = "local"


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
) -> Price:
    """Price one training; no figure without a source."""
    if backend == "local":
        note = "0 USD to a provider; this computer's power and time are yours."
        return Price(Decimal(0), Decimal(0), LOCAL_TABLE, (note,), None, None)
    from tools.cost import CostRequest, estimate, worst_case_training_usd

    request = CostRequest(
        provider=backend,
        model=base_model,
        technique=technique,
        tier="regional" if tier == "standard" and backend == "azure" else tier,
        training_tokens=tokens,
        validation_tokens=validation_tokens,
        n_epochs=n_epochs,
        today=clock.now().date(),
    )
    try:
        found = estimate(request)
    except AdvisorError as e:
        return _unknown(e.what)
    try:
        worst: Decimal | None = worst_case_training_usd(request)
    except AdvisorError:
        worst = None
    training = found.training_usd
    figures = [p for p in found.prices if "train" in p.what or "grad" in p.what]
    table = hashlib.sha256(canonical([p.model_dump(mode="json") for p in figures]).encode()).hexdigest()[:16]
    notes = [f"{p.what}: {p.usd} USD {p.unit} ({p.source}, checked {p.checked_on})" for p in figures]
    notes += [f"unknown: {reason}" for reason in training.unknown]
    life = found.lifetime
    return Price(training.expected, worst, table, tuple(notes), life.inference_ends, life.training_ends)


def _unknown(why: str) -> Price:
    return Price(None, None, "none", (f"The price is not known: {why}.",), None, None)
