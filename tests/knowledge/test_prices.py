"""The catalogue: schema, exact figures, sources, dates; and which figures are getting old."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from knowledge import prices
from knowledge.load import KnowledgeError
from knowledge.prices import PriceGroup, base_name, find_model, provider, providers, stale
from knowledge.sources import sources

TODAY = date(2026, 11, 21)


def test_every_provider_of_the_plan_is_there() -> None:
    hosted = {"openai", "azure", "google", "together", "fireworks", "bedrock", "mistral", "cohere"}
    assert set(providers()) == hosted | {"local", "own_gpu", "huggingface_jobs"}


@pytest.mark.parametrize("name", list(providers()))
def test_every_figure_and_statement_cites_a_known_source_and_was_read(name: str) -> None:
    p = provider(name)
    known = sources()
    statements = [
        *p.events,
        *p.eligibility,
        *p.limits,
        *p.regions,
        p.billing,
        *([p.portability] if p.portability else []),
    ]
    cited = [(s.source, s.checked_on) for s in statements] + [(f.source, f.checked_on) for _, f in p.figures()]
    cited += [(h.source, h.checked_on) for h in p.hardware.values()]
    for key, checked_on in cited:
        assert key in known, key
        assert checked_on <= TODAY
    for model in p.models.values():
        assert model.ends_source is None or model.ends_source in known


@pytest.mark.parametrize("bad", [0.1, True, "abc", None, "-1", "NaN"])
def test_a_figure_is_written_exactly_or_not_at_all(bad: object) -> None:
    with pytest.raises(ValidationError):
        PriceGroup(source="s", checked_on=TODAY, figures={"training_per_1m": bad})  # type: ignore[dict-item]


def test_a_figure_keeps_every_digit() -> None:
    found = find_model(provider("azure"), "gpt-4o-mini")[1].price("tuned_cached_input_per_1m", "regional")
    assert found is not None
    assert (found.usd, found.usd_high) == (Decimal("0.083"), Decimal("0.099"))
    assert found.unit == "1M tokens"


def test_a_misspelt_key_is_an_error_that_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers" / "x.yaml").write_text("id: x\ntitle: X\nstatus: open\nsumary: oops\n")
    monkeypatch.setattr(prices, "ROOT", tmp_path)
    monkeypatch.setattr("knowledge.load.ROOT", tmp_path)
    prices.provider.cache_clear()
    with pytest.raises(KnowledgeError, match=r"x\.yaml"):
        prices.provider("x")
    prices.provider.cache_clear()


def test_no_id_or_alias_means_two_models() -> None:
    for p in providers().values():
        names = [n.lower() for key, m in p.models.items() for n in {key, *m.aliases}]
        assert len(names) == len(set(names)), p.id


def test_no_alias_means_two_providers() -> None:
    names = [n for p in providers().values() for n in (p.id, *p.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("tuned", "base"),
    [
        ("ft:gpt-4.1-mini-2025-04-14:acme::x", "gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-4o-2024-08-06:acme:name:id:ckpt-step-10", "gpt-4o-2024-08-06"),
        ("gpt-4.1-2025-04-14.ft-0a1b2c3d", "gpt-4.1-2025-04-14"),
        ("gpt-4.1", "gpt-4.1"),
    ],
)
def test_the_base_behind_a_tuned_id(tuned: str, base: str) -> None:
    assert base_name(tuned) == base


def test_tuned_at_openai_is_dearer_than_its_base() -> None:
    for name, model in provider("openai").models.items():
        for side in ("input", "output"):
            tuned, base = model.price(f"tuned_{side}_per_1m"), model.price(f"base_{side}_per_1m")  # type: ignore[arg-type]
            if tuned is None:
                tuned = model.price(f"tuned_{side}_per_1m", "standard")  # type: ignore[arg-type]
            if tuned and base:
                assert tuned.usd in (base.usd * 2, base.usd * Decimal("1.5")), name


def test_tuned_gemini_figures_are_one_and_a_half_times_the_base() -> None:
    for name, model in provider("google").models.items():
        for side in ("input", "output"):
            tuned, base = (model.price(f"{w}_{side}_per_1m", "standard") for w in ("tuned", "base"))  # type: ignore[arg-type]
            if tuned and base:
                assert tuned.usd == base.usd * Decimal("1.5"), name


def test_what_is_older_than_a_quarter_is_named(record_property: pytest.FixtureRequest) -> None:
    old = stale(TODAY, 90)
    lines = sorted(
        {f"{p}/{price.source}: read {price.checked_on}, {price.age_days(TODAY)} days ago" for p, _, price in old}
    )
    record_property("figures older than 90 days", "; ".join(lines))  # type: ignore[operator]
    # Azure's price list was read on 2026-08-11: the estimate says so until it is refreshed.
    assert {p for p, _, _ in old} <= {"azure"}, lines
    assert stale(date(2026, 8, 11), 90) == []


def test_figures_read_today_are_not_stale() -> None:
    assert all(price.checked_on < date(2026, 8, 23) for _, _, price in stale(TODAY, 90))
