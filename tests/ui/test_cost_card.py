"""The cost card: what must be said first, the sentence, the three largest parts, the chart, every figure's source."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agent.case import Case
from agent.costing import assume, cost_request, keep_risks
from agent.turn import Conversation
from tools.cost import CostRequest, estimate
from tools.cost.card import CostCard
from tools.cost.card import cost_card as priced
from tools.cost.eligibility import eligibility
from tools.errors import InputError
from ui.chat.cards.blocks import Card
from ui.chat.cards.costs import cost_card, eligibility_card

TODAY = date(2026, 11, 21)


def work(**changes: object) -> CostCard:
    plain = {"training_tokens": 100_000, "prompt_tokens": 500, "completion_tokens": 20, "today": TODAY}
    asked = {"provider": "azure", "model": "gpt-4.1-mini", "baseline_model": "gpt-4.1", **plain, **changes}
    return priced(CostRequest(**asked))  # type: ignore[arg-type]


def walk(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from walk(value)
    elif isinstance(part, list):
        for value in part:
            yield from walk(value)


def of_kind(card: Card, kind: str) -> list[dict[str, Any]]:
    return [p for p in walk(card.props()) if p.get("kind") == kind]


@pytest.fixture
def card() -> Card:
    return cost_card([work(requests_per_day=200), work(provider="openai")], path="rows.jsonl", dataset="d1")


def test_a_base_that_ends_too_soon_stands_before_everything(card: Card) -> None:
    first = card.props()["blocks"][0]
    assert (first["kind"], first["tone"]) == ("notice", "warn")
    assert first["text"].startswith("Served until 2027-10-14")


def test_the_sentence_sets_the_break_even_beside_the_volume(card: Card) -> None:
    assert card.props()["blocks"][1]["sentence"].endswith("requests a day (yours: 200).")


def test_one_sentence_the_range_and_the_three_largest_parts(card: Card) -> None:
    blocks = card.props()["blocks"]
    assert blocks[1]["sentence"].startswith("Tuning gpt-4.1-mini-2025-04-14 at Microsoft Foundry")
    assert " to $" in blocks[2]["text"]
    assert len(blocks[3]["items"]) == 3
    assert blocks[3]["items"][0]["text"] == "hosting"


def test_the_chart_names_its_crossing_in_words_in_the_picture_and_in_the_table(card: Card) -> None:
    [chart] = of_kind(card, "lines")
    at = f"{work().estimate.break_even_requests_per_day:,}"
    assert chart["mark"]["label"] == f"from {at} a day"
    assert f"cross at {at} requests a day" in chart["alt"]
    assert at in {row[0] for row in chart["table"]["rows"]}
    assert [s["name"] for s in chart["series"]] == ["tuned", "today"]
    assert all(low <= high for _, low, high in chart["band"])


def test_never_is_said_and_no_crossing_is_drawn() -> None:
    card = cost_card([work(baseline_model="gpt-4.1-mini")], path="x", dataset="d1")
    [chart] = of_kind(card, "lines")
    assert chart["mark"] is None
    assert "do not cross" in chart["alt"]
    assert "never pays on cost alone" in json.dumps(card.props())


def test_an_unknown_price_draws_nothing_and_is_never_nothing() -> None:
    card = cost_card([work(model="Qwen3-32B", baseline_model=None)], path="x", dataset="d1")
    assert of_kind(card, "lines") == []
    assert "Cannot be said: no published price" in json.dumps(card.props())
    [table] = [t for t in of_kind(card, "table") if t["columns"][0] == "where"]
    assert "unknown" in table["rows"][0][1]


def test_every_sum_opens_the_figures_in_it_with_their_source(card: Card) -> None:
    hosting = next(p for p in of_kind(card, "details") if p["summary"].startswith("hosting: $14,892.00"))
    [price] = [i for b in hosting["blocks"] if b["kind"] == "list" for i in b["items"]]
    assert price["text"] == "hosting, gpt-4.1-mini-2025-04-14, global tier: $1.70 per hour"
    assert price["href"].startswith("https://prices.azure.com/")
    assert price["note"].startswith("checked 2026-")
    links = [p["href"] for p in walk(card.props()) if p.get("href")]
    assert all(link.startswith("https://") for link in links)


def test_tables_have_a_cell_for_every_column(card: Card) -> None:
    for table in of_kind(card, "table"):
        assert all(len(row) == len(table["columns"]) for row in table["rows"]), table["caption"]


def test_every_entry_of_the_form_is_an_assumption_that_can_be_given(card: Card) -> None:
    [form] = of_kind(card, "entries")
    names = [e["name"] for e in form["items"]]
    assert {"n_epochs", "labour_hours", "retrain_hours", "requests_per_day", "months"} <= set(names)
    case = Case()
    for name in names:
        assume(case, {name: "1"})
    assert set(case.assumed) == set(names)


def test_what_was_changed_is_kept_counts_and_can_be_put_back() -> None:
    case = Case()
    assume(case, {"labour_hours": "1,000", "retrain_hours": "2"})
    asked = cost_request(case, "azure", "gpt-4.1-mini")
    assert (asked.labour_hours, asked.assumed) == (Decimal(1000), {"retrain_hours": Decimal(2)})
    assume(case, {"labour_hours": ""})
    assert "labour_hours" not in case.assumed
    with pytest.raises(InputError, match="labour_hours"):
        assume(case, {"labour_hours": "a lot"})
    with pytest.raises(InputError, match="no assumption named"):
        assume(case, {"provider": "azure"})
    assert case.assumed == {"retrain_hours": "2"}


def test_a_base_that_ends_before_the_money_is_back_is_a_risk_of_the_recommendation() -> None:
    case = Case()
    facts = {"gaps": ["tone_style"], "prompt_effort": "systematic", "evals_defined": True, "examples": 3000}
    facts |= {"labels_quality": "clean", "task_type": "generation", "meets_target": False}
    for fact, value in facts.items():
        case.change(fact, value)
    conversation = Conversation(case)
    before = conversation.recommendation()
    assert before.decision == "fine_tune"
    late = estimate(
        CostRequest(
            provider="openai", model="gpt-4.1-mini", training_tokens=100_000, prompt_tokens=100, completion_tokens=20,
            baseline_prompt_tokens=5000, requests_per_day=100, today=TODAY,
        )
    )  # fmt: skip
    assert late.lifetime.pays_back_in_time is False
    keep_risks(case, [late])
    after = conversation.recommendation()
    assert after.risks[0].startswith("Tuning gpt-4.1-mini-2025-04-14 at OpenAI would pay back on 20")
    assert "after the base ends on 2027-01-14" in after.risks[0]
    assert after.model_copy(update={"risks": before.risks}) == before, "nothing else changes"
    keep_risks(case, [])
    assert conversation.recommendation() == before


def test_eligibility_names_each_rule_the_way_round_it_and_the_next_route() -> None:
    card = eligibility_card(eligibility("openai"), can_ask=True)
    said = json.dumps(card.props())
    assert "training_not_available" in said
    assert "Microsoft Foundry" in said
    [button] = [b for p in of_kind(card, "buttons") for b in p["items"]]
    assert button["payload"] == {"provider": "openai", "ask": True}
    assert of_kind(eligibility_card(eligibility("openai"), can_ask=False), "buttons") == []
