"""Estimated against billed, kept in the home folder and shown beside the next estimate."""

from datetime import date
from decimal import Decimal

import pytest

from tools.cost import CostRequest, estimate
from tools.cost.reconciliation import Ratio, Reconciled, bill, ended, forecast, past_error, path, reconciled, record
from tools.errors import InputError, NotFoundError

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
    assert error.usd is None
    assert error.tokens == Ratio(n=3, low=1.0, median=1.02, high=1.3)
    assert "102.0% (median of 3, 100.0% to 130.0%) of the forecast" in error.text
    assert past_error("azure").n == 0


def test_a_job_cut_short_says_nothing_about_a_whole_one() -> None:
    record(job("a", billed_tokens=3, status="cancelled"))
    assert past_error().n == 0
    assert len(reconciled()) == 1


def test_a_bill_that_comes_later_replaces_the_first_record() -> None:
    record(job("a"))
    record(job("a", billed_usd=Decimal("12.00")))
    error = past_error()
    assert (error.n, error.usd and error.usd.median, error.billed_n, error.above_high) == (1, 1.2, 1, 1)
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


def finish(**changes: object) -> Reconciled:
    plain = {
        "job_id": "job_1",
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "technique": "sft",
        "status": "succeeded",
        "forecast_tokens": 1_000_000,
        "trained_tokens": 1_030_000,
        "estimated_usd": Decimal("5.00"),
        "high_usd": Decimal("5.50"),
        "by_tokens": True,
        "on": TODAY,
    }
    return ended(**{**plain, **changes})  # type: ignore[arg-type]


def test_a_job_that_ends_is_kept_once_however_often_that_is_said() -> None:
    first = finish()
    assert first.usd_by_tokens == Decimal("5.15")  # 5.00 x 1.03
    before = path().read_bytes()
    assert finish(on=date(2026, 12, 1)) == first
    assert path().read_bytes() == before
    assert "money was 103.0% (one job) of the estimate, by the billed tokens" in past_error().text


def test_a_bill_counts_before_the_tokens_and_outlives_another_look_at_the_job() -> None:
    finish()
    bill("job_1", Decimal("6.00"))
    assert past_error().above_high == 1
    finish()
    assert reconciled()[0].billed_usd == Decimal("6.00")
    assert past_error().text.endswith(
        "money was 120.0% (one job) of the estimate, by the bill in 1. 1 above the high end."
    )


def test_a_bill_for_no_job_and_a_bill_that_is_no_sum() -> None:
    with pytest.raises(NotFoundError, match="none yet"):
        bill("job_1", Decimal(1))
    finish()
    for bad in ("-1", "NaN", "Infinity"):
        with pytest.raises(InputError):
            bill("job_1", Decimal(bad))


def test_hours_are_no_tokens_and_unknown_stays_unknown() -> None:
    assert finish(by_tokens=False).usd_by_tokens is None
    assert finish(job_id="b", estimated_usd=None).usd_by_tokens is None
    assert finish(job_id="c", trained_tokens=None).actual_usd is None
    assert forecast(None, 10, 3) is None
    assert forecast(1000, 50, 3) == 3000
    assert forecast(1000, 10, "auto") == 10_000  # ten rows: ten epochs, as the notebook chooses
