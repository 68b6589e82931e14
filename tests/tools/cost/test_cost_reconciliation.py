"""Estimated against billed, kept in the home folder and shown beside the next estimate."""

from datetime import date
from decimal import Decimal

from tools.cost import CostRequest, estimate
from tools.cost.reconciliation import Reconciled, past_error, path, reconciled, record

TODAY = date(2026, 11, 21)


def job(name: str, **changes: object) -> Reconciled:
    plain = {
        "job_id": name,
        "provider": "openai",
        "model": "gpt-4.1-mini-2025-04-14",
        "technique": "sft",
        "estimated_tokens": 1000,
        "billed_tokens": 1010,
        "estimated_usd": Decimal("10.00"),
        "estimated_high_usd": Decimal("11.00"),
        "recorded_on": TODAY,
    }
    return Reconciled.model_validate({**plain, **changes})


def test_nothing_yet_is_said() -> None:
    assert past_error().n == 0
    assert "yet" in past_error().text


def test_the_median_of_billed_over_estimated() -> None:
    for name, billed in (("a", 1000), ("b", 1020), ("c", 1300)):
        record(job(name, billed_tokens=billed))
    error = past_error("openai")
    assert (error.n, error.tokens_ratio, error.usd_ratio) == (3, 1.02, None)
    assert past_error("azure").n == 0


def test_a_bill_that_comes_later_replaces_the_first_record() -> None:
    record(job("a"))
    record(job("a", billed_usd=Decimal("12.00")))
    error = past_error()
    assert (error.n, error.usd_ratio, error.above_high) == (1, 1.2, 1)
    assert reconciled()[0].billed_usd == Decimal("12.00")


def test_a_line_cut_short_by_a_crash_loses_only_itself() -> None:
    record(job("a"))
    with path().open("ab") as f:
        f.write(b'{"job_id": "b", "prov')
    assert [j.job_id for j in reconciled()] == ["a"]
    record(job("c"))
    assert [j.job_id for j in reconciled()] == ["a", "c"]


def test_the_next_estimate_shows_it() -> None:
    asked = CostRequest(provider="openai", model="gpt-4.1-mini", training_tokens=1000, n_epochs=1, today=TODAY)
    assert "past_error" not in {a.name for a in estimate(asked).assumptions}
    record(job("a"))
    shown = next(a for a in estimate(asked).assumptions if a.name == "past_error")
    assert "101.0%" in shown.value
