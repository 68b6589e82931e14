"""Facts of a conversation become a request, and a lifetime becomes a risk."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tools.cost.from_facts import lifetime_of, request_from_facts
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


def test_a_lifetime_for_the_risks() -> None:
    assert lifetime_of("openai", "gpt-4.1-mini", months=12, today=TODAY).covers_horizon is False
    assert lifetime_of("azure", "gpt-4.1-mini", months=6, today=TODAY).covers_horizon is True
    with pytest.raises(RefusedError):
        lifetime_of("openai", "o4-mini", months=12, today=TODAY)
