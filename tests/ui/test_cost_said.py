"""The cost card and the eligibility card speak one language: over the whole catalogue no sentence stays in English."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import agent.said
from knowledge.said_words import LANGUAGES
from tools.cost import CostRequest
from tools.cost.card import cost_card as priced
from tools.cost.eligibility import eligibility
from tools.cost.figures import all_providers
from tools.errors import AdvisorError
from ui.chat.cards.blocks import Card
from ui.chat.cards.costs import cost_card, eligibility_card
from ui.chat.said import spoken

TICKETS = Path(__file__).parents[2] / "examples" / "zava" / "tickets.jsonl"
TODAY = date(2026, 11, 21)
GIVEN: dict[str, Any] = {"training_tokens": 100_000, "prompt_tokens": 500, "completion_tokens": 20}
ENGLISH = re.compile(r"\b(?:the|of|is|are|not|with|for|and|was|has|by|its)\b(?!-)")
"""Words that each of our English sentences has, and that no name, unit or other language does."""


def priced_cards(language: str) -> Iterator[Card]:
    """Each provider's first bases by each technique: with a file, with a volume, with everything given."""
    asked: tuple[dict[str, Any], ...] = (
        {"dataset": TICKETS},
        {**GIVEN, "requests_per_day": 20_000, "months": 36, "n_epochs": 3, "label_examples": 100, "cached_share": 0.5},
        {**GIVEN, "requests_per_day": 200, "batch_share": 0.5, "tokens_exact": False, "retrain_per_year": 4},
    )
    for provider in all_providers().values():
        for n, (model, record) in enumerate(list(provider.models.items())[:3]):
            for technique in {None, *record.techniques}:
                request = {"provider": provider.id, "model": model, "technique": technique, "today": TODAY}
                try:
                    card = priced(CostRequest(**request, **asked[n % len(asked)]))
                except AdvisorError:
                    continue
                yield cost_card([card], path="rows.jsonl", dataset="d1", language=language)


def left_in_english(cards: Iterator[Card], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pieces that no template knows and that are English sentences, not names."""
    found: list[str] = []

    def noted(piece: str, language: str) -> str:
        if ENGLISH.search(piece) and len(piece.split()) > 2:
            found.append(piece)
        return piece

    agent.said._said.cache_clear()
    monkeypatch.setattr(agent.said, "_left", noted)
    for card in cards:
        spoken(card.props())
    agent.said._said.cache_clear()
    return sorted(set(found))


def test_no_sentence_of_a_cost_card_stays_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    # One language is enough for finding what no template knows: another test holds that all have the same ones.
    assert left_in_english(priced_cards("zh"), monkeypatch) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_provider_asks_for_is_said_in_the_persons_language(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = (
        eligibility_card(eligibility(p), can_ask=True, language=language)
        for p, known in all_providers().items()
        if known.eligibility or known.status == "ended"
    )
    assert [x for x in left_in_english(cards, monkeypatch) if "Google" not in x] == []


def test_sums_ranges_and_dates_are_written_as_the_language_writes_them() -> None:
    request = CostRequest(provider="azure", model="gpt-4.1-mini", requests_per_day=5000, today=TODAY, **GIVEN)
    props = spoken(cost_card([priced(request)], path="x", dataset="d", language="de").props())
    shown = json.dumps(props, ensure_ascii=False)
    assert "14.10.2027" in shown
    assert "2027-10-14" not in shown
    assert re.search(r"\d\.\d{3}\s\$ \(\d", shown)
    assert not re.search(r"\$[\d]", shown)
