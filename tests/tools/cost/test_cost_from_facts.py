"""Facts of a conversation become a request, and a lifetime becomes a risk."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tools.cost import estimate
from tools.cost.from_facts import lifetime_of, offers_from_facts, request_from_facts
from tools.errors import RefusedError

TODAY = date(2026, 11, 21)
FACTS = {"requests_per_day": 50, "prompt_tokens": 1800, "completion_tokens": 120, "knowledge_change": "monthly"}


def test_the_prompt_a_person_names_is_todays() -> None:
    r = request_from_facts(FACTS, provider="azure", model="gpt-4.1-mini", dataset=Path("x.jsonl"))
    assert (r.baseline_prompt_tokens, r.prompt_tokens, r.completion_tokens) == (1800, None, 120)
    assert r.requests_per_day == Decimal(50)


def test_without_a_dataset_it_is_both() -> None:
    r = request_from_facts(FACTS, provider="azure", model="gpt-4.1-mini")
    assert (r.baseline_prompt_tokens, r.prompt_tokens) == (1800, 1800)


def test_data_that_change_monthly_mean_twelve_trainings_a_year() -> None:
    assert request_from_facts(FACTS, provider="azure", model="gpt-4.1").retrain_per_year == 12
    assert request_from_facts({}, provider="azure", model="gpt-4.1").retrain_per_year is None


def test_the_horizon_and_what_is_given_explicitly() -> None:
    r = request_from_facts({**FACTS, "horizon_months": 36}, provider="azure", model="gpt-4.1", requests_per_day=9)
    assert (r.months, r.requests_per_day) == (36, Decimal(9))


def test_unknown_facts_stay_unknown() -> None:
    r = request_from_facts({"requests_per_day": None}, provider="azure", model="gpt-4.1")
    assert r.requests_per_day is None


def test_before_there_is_a_file_examples_and_lengths_make_a_range() -> None:
    r = request_from_facts({**FACTS, "examples": 1000}, provider="azure", model="gpt-4.1-mini", n_epochs=1, today=TODAY)
    assert (r.training_tokens, r.tokens_exact) == (1_920_000, False)  # 1,000 x (1,800 + 120)
    spread = estimate(r).training_usd
    # 1.92 million x 5.00, less and more 30 %
    assert (spread.low, spread.expected, spread.high) == (Decimal("6.72"), Decimal("9.60"), Decimal("12.48"))


@pytest.mark.parametrize(
    ("known", "offers"),
    [
        ({}, ["azure/gpt-4.1-mini", "local/smollm2", "openai/gpt-4.1-mini"]),
        (
            {"provider": "together", "base_model": "gpt-oss-20b"},
            ["together/openai/gpt-oss-20b", "local/smollm2", "azure"],
        ),
        ({"base_model": "gpt-oss-20b"}, ["azure/gpt-oss-20b", "local/smollm2"]),
        ({"provider": "Cohere"}, ["azure/gpt-4.1-mini", "local/smollm2"]),
        ({"provider": "nobody knows"}, ["azure/gpt-4.1-mini", "local/smollm2"]),
        ({"data_must_stay_inside": True, "provider": "openai"}, ["own_gpu/qwen3-8b", "local/smollm2"]),
    ],
)
def test_what_is_priced_first(known: dict[str, object], offers: list[str]) -> None:
    found = [f"{o.provider.id}/{o.name}" for o in offers_from_facts(known, today=TODAY)]
    assert len(found) <= 3
    assert all(have.startswith(want) for have, want in zip(found, offers, strict=False)), found


def test_what_closed_is_no_longer_offered() -> None:
    found = [o.provider.id for o in offers_from_facts({"provider": "openai"}, today=date(2027, 1, 6))]
    assert "openai" not in found


def test_a_lifetime_for_the_risks() -> None:
    assert lifetime_of("openai", "gpt-4.1-mini", months=12, today=TODAY).covers_horizon is False
    assert lifetime_of("azure", "gpt-4.1-mini", months=6, today=TODAY).covers_horizon is True
    with pytest.raises(RefusedError):
        lifetime_of("openai", "o4-mini", months=12, today=TODAY)
