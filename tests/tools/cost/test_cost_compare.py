"""Tuning beside the other ways, and the break-even as curve, table and chart."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tools.cost import CostRequest, estimate
from tools.cost.card import cost_card
from tools.cost.chart import break_even_figure, table
from tools.cost.compare import Arm, compare
from tools.cost.curve import curve, volumes
from tools.tokens import count_texts

TODAY = date(2026, 11, 21)
SYSTEM = "You are the support desk of a shop. Answer with one word: billing, login, bug or delivery."
PLAIN = {
    "provider": "azure",
    "model": "gpt-4.1-mini",
    "training_tokens": 1_000_000,
    "n_epochs": 3,
    "prompt_tokens": 500,
    "completion_tokens": 100,
    "baseline_prompt_tokens": 2000,
    "requests_per_day": 1000,
    "cached_share": 0,
    "labour_hours": 0,
    "labour_usd_per_hour": 0,
    "retrain_per_year": 0,
    "further_runs": 0,
    "eval_examples": 0,
    "today": TODAY,
}


def ask(**changes: object) -> CostRequest:
    return CostRequest(**{**PLAIN, **changes})  # type: ignore[arg-type]


def arms(**changes: object) -> dict[str, Arm]:
    return {a.key: a for a in compare(ask(**changes)).arms}


class TestSideBySide:
    def test_doing_nothing_costs_todays_requests(self) -> None:
        # 365,000 x (2,000 x 0.40 + 100 x 1.60) / 1 million = 365,000 x 0.00096; three years are three times
        nothing = arms()["nothing"]
        assert [h.total_usd.expected for h in nothing.horizons] == [Decimal("350.40"), Decimal("1051.20")]
        assert nothing.horizons[0].capital_usd.expected == 0

    def test_a_better_prompt_adds_peoples_time_once(self) -> None:
        better = arms(labour_usd_per_hour=50)["better_prompt"]
        assert better.horizons[0].capital_usd.expected == Decimal(800)  # 16 hours x 50
        assert better.horizons[1].capital_usd.expected == Decimal(800)

    def test_few_shot_is_cached(self) -> None:
        # 8 x (500 + 100) = 4,800 tokens of examples at 0.10, 2,000 of prompt at 0.40, 100 out at 1.60
        # = 0.00048 + 0.0008 + 0.00016 = 0.00144 a request
        assert arms()["few_shot"].per_1000_requests_usd.expected == Decimal("1.44")

    def test_retrieval_adds_passages(self) -> None:
        # (2,000 + 1,500) x 0.40 + 100 x 1.60 = 0.00156
        assert arms()["retrieval"].per_1000_requests_usd.expected == Decimal("1.56")

    def test_a_newer_base_that_reasons_is_a_wide_range(self) -> None:
        newer = arms()["newer_base"]
        assert "gpt-6-luna" in newer.title
        # 2,000 x 0.10 + 100 x (1, 3, 10) x 0.50
        low, mid, high = (getattr(newer.per_1000_requests_usd, k) for k in ("low", "expected", "high"))
        assert (low, mid, high) == (Decimal("0.25"), Decimal("0.35"), Decimal("0.70"))

    def test_the_same_base_elsewhere_and_on_this_computer(self) -> None:
        found = arms()
        assert "OpenAI" in found["tuned_elsewhere"].title
        assert found["tuned_elsewhere"].ends == date(2027, 1, 14)
        # Here nobody is paid; only what the comparison with people and tests costs, which is nothing in this test
        assert found["local"].horizons[0].total_usd.expected == 0

    def test_tuned_here_is_the_estimate(self) -> None:
        # 12 x 1,241 + training 15 + once more when the base retires + 365,000 x (500 x 0.40 + 100 x 1.60) / 1 million
        assert arms()["tuned_here"].horizons[0].total_usd.expected == Decimal("15053.40")

    def test_the_cheapest_is_named_for_each_horizon(self) -> None:
        c = compare(ask(labour_usd_per_hour=50, labour_hours=40))
        assert c.cheapest == {12: "nothing", 36: "nothing"}
        many = compare(ask(labour_usd_per_hour=50, labour_hours=40, requests_per_day=20_000))
        assert many.cheapest[36] in ("newer_base", "local")
        assert "measured, not priced" in c.sentence

    def test_ways_without_a_price_are_named_and_not_cheapest(self) -> None:
        c = compare(ask(provider="together", model="gpt-oss-20b", baseline_prompt_tokens=2000))
        assert "tuned_here" in c.unknown[12]
        assert c.cheapest[12] != "tuned_here"

    def test_without_a_volume_nothing_is_cheapest(self) -> None:
        c = compare(ask(requests_per_day=None))
        assert "how many requests" in c.sentence


class TestCurve:
    def test_the_lines_meet_at_the_break_even(self) -> None:
        c = curve(ask(baseline_model="gpt-4.1"))
        at = next(p for p in c.points if p.requests_per_day == c.crossing)
        before = [p for p in c.points if p.requests_per_day < at.requests_per_day]
        assert at.tuned_usd <= at.today_usd
        assert all(p.tuned_usd > p.today_usd for p in before)

    def test_the_stated_volume_is_a_point(self) -> None:
        assert 1000 in [p.requests_per_day for p in curve(ask()).points]

    def test_never_is_said_and_drawn(self) -> None:
        c = curve(ask(baseline_model="gpt-6-luna"))
        assert c.crossing is None
        assert c.sentence.startswith("Never")
        assert all(p.tuned_usd > p.today_usd for p in c.points if p.requests_per_day)

    def test_an_unknown_price_draws_nothing_and_says_why(self) -> None:
        c = curve(ask(model="Qwen3-32B"))
        assert c.points == ()
        assert c.unknown
        assert break_even_figure(c) is None

    @pytest.mark.parametrize("crossing", [None, 1, 77, 7969, 3_000_000])
    def test_volumes_show_the_crossing_and_twice_as_much(self, crossing: int | None) -> None:
        marks = volumes(crossing, Decimal(50))
        assert marks[0] == 0
        assert marks == sorted(set(marks))
        assert len(marks) < 45
        if crossing:
            assert crossing in marks
            assert marks[-1] >= 2 * crossing


class TestCard:
    def test_the_figure_is_one_that_plotly_accepts(self) -> None:
        go = pytest.importorskip("plotly.graph_objects")
        figure = go.Figure(break_even_figure(curve(ask(baseline_model="gpt-4.1"))))
        assert {t.name for t in figure.data} == {"tuned", "today", "tuned, low to high"}
        assert "a day" in figure.layout.annotations[0].text

    def test_the_table_says_the_same(self) -> None:
        c = curve(ask())
        head, rows = table(c)
        assert head[0] == "requests a day"
        assert len(rows) == len(c.points)

    def test_a_base_that_ends_too_soon_is_said_first(self) -> None:
        card = cost_card(ask(provider="openai"))
        assert card.first.startswith("Served until 2027-01-14")
        assert card.sentence.startswith("Tuning gpt-4.1-mini-2025-04-14 at OpenAI costs about")
        assert card.estimate.summary.startswith(card.first)

    def test_three_drivers_and_a_source_for_every_price(self) -> None:
        card = cost_card(ask(labour_hours=10, labour_usd_per_hour=50))
        assert len(card.drivers) == 3
        assert card.drivers[0].startswith("hosting")
        assert all(p.source.startswith("http") for p in card.prices)
        assert [r[0] for r in card.rows][1] == "training"


class TestInstructionsLeftOut:
    ROWS = 20

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Path:
        rows = [
            {
                "messages": [
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": f"Order {i} did not arrive"},
                    {"role": "assistant", "content": "delivery"},
                ]
            }
            for i in range(self.ROWS)
        ]
        file = tmp_path / "d.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)) + "\n")
        return file

    def test_the_shorter_prompt_is_counted_from_the_data(self, dataset: Path) -> None:
        asked = ask(dataset=dataset, training_tokens=None, prompt_tokens=None, baseline_prompt_tokens=None)
        found = {a.key: a for a in compare(asked).arms}
        # 365,000 requests without the instructions, at 0.40 a million tokens
        saved = found["tuned_here"].horizons[0].total_usd.expected - found["tuned_short"].horizons[0].total_usd.expected  # type: ignore[operator]
        tokens = count_texts([SYSTEM])
        assert saved == pytest.approx(Decimal(365_000 * tokens[0]) * Decimal("0.40") / 1_000_000, abs=Decimal("0.02"))
        assert str(tokens[0]) in found["tuned_short"].note

    def test_examples_in_the_prompt_do_not_repeat_the_instructions(self, dataset: Path) -> None:
        asked = ask(dataset=dataset, training_tokens=None, prompt_tokens=None, baseline_prompt_tokens=None)
        few = next(a for a in compare(asked).arms if a.key == "few_shot")
        whole = estimate(asked)
        each = sum(
            int(a.value.split()[0]) for a in whole.assumptions if a.name in ("prompt_tokens", "completion_tokens")
        )
        said = int(few.note.split(" ")[0].replace(",", ""))
        assert said == pytest.approx(8 * (each - count_texts([SYSTEM])[0]), abs=16)  # eight examples, counts rounded

    def test_other_instructions_in_every_row_are_not_shared(self, tmp_path: Path) -> None:
        rows = [
            {
                "messages": [
                    {"role": "system", "content": f"Instruction number {i}"},
                    {"role": "user", "content": "x"},
                    {"role": "assistant", "content": "y"},
                ]
            }
            for i in range(self.ROWS)
        ]
        file = tmp_path / "d.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)) + "\n")
        asked = ask(dataset=file, training_tokens=None, prompt_tokens=None, baseline_prompt_tokens=None)
        assert "tuned_short" not in {a.key for a in compare(asked).arms}


def test_labels_that_people_still_have_to_make() -> None:
    # 600 examples x 2 minutes x 30 an hour
    e = estimate(ask(label_examples=600, label_minutes=2, labour_usd_per_hour=30))
    part = next(c for c in e.components if c.name == "people: labelling")
    assert part.usd.expected == Decimal(600)
    assert e.capital_usd.expected == Decimal(615)


def test_a_training_here_has_a_time_from_our_own_runs_and_money_0() -> None:
    e = estimate(ask(provider="local", model="smollm2", training_tokens=16_000, n_epochs=3))
    assert e.training_hours is not None
    # 48,000 tokens as in the measured Banking77 run, which took 221 s: 0.061 h is the low end
    assert e.training_hours.low == pytest.approx(221 / 3600, rel=0.05)
    assert e.training_usd.expected == 0
    assert estimate(ask(provider="azure", model="gpt-4.1-mini")).training_hours is None
