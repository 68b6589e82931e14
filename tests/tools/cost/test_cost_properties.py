"""What always holds: never negative, never less for more, an unknown never 0, the same in gives the same out."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.prices import What, providers
from tools.cost import CostEstimate, CostRequest, estimate, figures
from tools.cost.money import Spread
from tools.errors import RefusedError

TODAY = date(2026, 11, 21)
TUNABLE = [
    (p.id, name) for p in providers().values() for name, m in p.models.items() if m.techniques and not m.ended_on
]
offers = st.sampled_from(TUNABLE)
tokens = st.integers(0, 50_000_000)
requests = st.fixed_dictionaries(
    {
        "training_tokens": tokens,
        "n_epochs": st.integers(1, 10),
        "prompt_tokens": st.integers(0, 20_000),
        "completion_tokens": st.integers(0, 5_000),
        "requests_per_day": st.integers(0, 1_000_000),
        "months": st.integers(1, 36),
        "cached_share": st.one_of(st.none(), st.decimals(0, 1, places=2)),
        "training_hours": st.decimals(0, 50, places=1),
        "labour_hours": st.integers(0, 200),
    }
)


def ask(offer: tuple[str, str], **values: object) -> CostEstimate | None:
    try:
        return estimate(CostRequest(provider=offer[0], model=offer[1], today=TODAY, **values))  # type: ignore[arg-type]
    except RefusedError:
        return None


def spreads(e: CostEstimate) -> list[Spread]:
    return [v for _, v in e if isinstance(v, Spread)] + [c.usd for c in e.components]


@settings(max_examples=60, deadline=None)
@given(offers, requests)
def test_never_negative_in_order_and_unknown_never_zero(offer: tuple[str, str], values: dict[str, object]) -> None:
    e = ask(offer, **values)
    if e is None:
        return
    for s in spreads(e):
        if s.expected is None:
            assert s.low is None
            assert s.high is None
            assert s.unknown
        else:
            assert 0 <= s.low <= s.expected <= s.high  # type: ignore[operator]
    if any(c.usd.expected is None for c in e.components):
        assert e.total_usd.expected is None


@settings(max_examples=60, deadline=None)
@given(
    offers,
    requests,
    st.sampled_from(
        ["training_tokens", "n_epochs", "requests_per_day", "prompt_tokens", "completion_tokens", "months"]
    ),
    st.integers(1, 5),
)
def test_more_never_costs_less(offer: tuple[str, str], values: dict, what: str, more: int) -> None:
    if what == "prompt_tokens":
        values["cached_share"] = Decimal(0)  # a prompt that gets long enough to be cached may get cheaper
    small, large = ask(offer, **values), ask(offer, **{**values, what: values[what] + more})
    if small is None or large is None:
        return
    for a, b in ((small.total_usd, large.total_usd), (small.training_usd, large.training_usd)):
        if a.expected is not None and b.expected is not None:
            assert a.expected <= b.expected


@settings(max_examples=30, deadline=None)
@given(offers, requests)
def test_the_same_in_gives_the_same_cents_out(offer: tuple[str, str], values: dict[str, object]) -> None:
    first, second = ask(offer, **values), ask(offer, **values)
    assert (first and first.model_dump_json()) == (second and second.model_dump_json())


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10_000_000), st.integers(1, 10))
def test_a_dearer_tier_never_costs_less(training_tokens: int, epochs: int) -> None:
    sums = [
        ask(("azure", "gpt-4.1"), tier=tier, training_tokens=training_tokens, n_epochs=epochs).training_usd.expected  # type: ignore[union-attr]
        for tier in ("developer", "global", "data_zone", "regional")
    ]
    assert sums == sorted(sums)


@pytest.mark.parametrize("what", ["training_per_1m", "tuned_input_per_1m", "tuned_output_per_1m", "hosting_per_hour"])
@pytest.mark.parametrize("times", [1, 2, 10])
def test_a_dearer_figure_never_makes_a_sum_smaller(what: What, times: int, home: Path) -> None:
    values = {"training_tokens": 10**6, "n_epochs": 2, "prompt_tokens": 900, "completion_tokens": 90}
    values |= {"requests_per_day": 70, "cached_share": 0}
    before = ask(("azure", "gpt-4.1-mini"), **values)
    price = providers()["azure"].models["gpt-4.1-mini-2025-04-14"].price(what, "global", "sft")
    assert before is not None
    assert price is not None
    dearer = price.usd * times
    figure = figures.Figure(
        provider="azure", model="gpt-4.1-mini-2025-04-14", tier="global", what=what, usd=dearer, usd_high=dearer,
        source="providers.azure_retail", checked_on=TODAY,
    )  # fmt: skip
    figures.take((figure,))
    after = ask(("azure", "gpt-4.1-mini"), **values)
    assert after is not None
    assert (after.total_usd == before.total_usd) if times == 1 else (after.total_usd.low > before.total_usd.low)  # type: ignore[operator]


@given(st.integers(1, 10), st.integers(0, 10_000))
def test_a_sum_with_an_unknown_in_it_is_refused(epochs: int, requests: int) -> None:
    e = ask(("azure", "Qwen3-32B"), training_tokens=1000, n_epochs=epochs, requests_per_day=requests)
    assert e is not None
    for s in (e.training_usd, e.total_usd, e.provider_usd, e.capital_usd):
        assert (s.low, s.expected, s.high) == (None, None, None)
        assert s.unknown


@pytest.mark.parametrize("offer", TUNABLE, ids=lambda o: f"{o[0]}/{o[1]}")
def test_every_offer_in_the_catalogue_can_be_asked_for_and_every_figure_has_its_source(offer: tuple[str, str]) -> None:
    e = ask(offer, training_tokens=1000, n_epochs=1, prompt_tokens=10, completion_tokens=10, requests_per_day=1)
    if e is None:
        return
    for p in e.prices:
        assert p.source
        assert p.checked_on <= TODAY
        assert p.unit in ("1M tokens", "hour", "month", "job")
    for c in e.components:
        assert c.arithmetic
