"""The recorded example in the chat: labelled on every card, nothing on it can be approved, and a live run beside it."""

import json
import re
from collections.abc import Iterator

import pytest

from agent.case import Case, Noted
from agent.said import said as in_language
from knowledge.rehearsal_words import LANGUAGES, STEPS
from knowledge.sources import sources
from tools.records.cases import save_case
from ui import recording
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Code, Details, Entries, Notice, Text
from ui.chat.journey.earlier import earlier, earlier_card
from ui.chat.journey.rehearsal import card_of
from ui.chat.said import spoken

TITLES = {s.title for s in sources().values()}


def blocks(found: list[Block]) -> Iterator[Block]:
    for b in found:
        yield b
        if isinstance(b, Details):
            yield from blocks(b.blocks)


def buttons(card: Card) -> list[Button]:
    return [item for b in blocks(card.blocks) if isinstance(b, Buttons) for item in b.items]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", [None, *range(len(STEPS))])
def test_every_card_says_that_it_is_a_recording(step: int | None, language: str) -> None:
    card = card_of(language, step)
    first, second = card.blocks[:2]
    assert isinstance(first, Notice)
    assert isinstance(second, Text)
    m = recording.manifest()
    assert str(m.recorded_at.year) in second.text
    for said in (in_language(m.machine, language), m.versions["torch"], str(m.seed)):
        assert said in second.text


@pytest.mark.parametrize("language", [x for x in LANGUAGES if x != "en"])
def test_the_recorded_page_shares_no_sentence_with_the_english_one(language: str) -> None:
    """The page is stored in each language: a sentence of ours that is mended must reach it, or it stays English."""
    english, own = (_texts(recording.page(x).model_dump(mode="json")) for x in ("en", language))
    theirs = {t for t in english if t.startswith("said: ") or "http" in t}  # words and titles of others
    assert {t for t in english & own - theirs if len(t.split()) > 3 and re.search("[a-z]{3}", t)} <= TITLES


def _texts(found: object) -> set[str]:
    if isinstance(found, dict):
        return set().union(*(_texts(v) for v in found.values())) if found else set()
    if isinstance(found, list):
        return set().union(*(_texts(v) for v in found)) if found else set()
    return {found} if isinstance(found, str) else set()


@pytest.mark.parametrize("language", [x for x in LANGUAGES if x != "en"])
def test_the_machine_of_the_recording_is_told_in_the_language(language: str) -> None:
    shown = json.dumps(spoken(card_of(language, None).props()), ensure_ascii=False)
    assert not re.search("cores|GPU used|when training", shown)


@pytest.mark.parametrize("step", [None, *range(len(STEPS))])
def test_nothing_recorded_can_be_spent_on_or_changed(step: int | None) -> None:
    card = card_of("en", step)
    assert {b.action for b in buttons(card)} == {"rehearse", "example"}
    assert not [b for b in blocks(card.blocks) if isinstance(b, Entries)]


def test_the_first_card_has_every_score_with_its_interval_and_leads_to_every_step() -> None:
    card = card_of("en", None)
    text = card.model_dump_json()
    for name in recording.RUNS:
        run = recording.run_result(name)
        assert f"{run.score:.3f}" in text
        assert f"{run.ci_low:.3f} to {run.ci_high:.3f}" in text
    assert [b.payload["step"] for b in buttons(card) if "step" in b.payload] == list(range(len(STEPS)))


@pytest.mark.parametrize("step", ["data", "aside", "base", "plan", "job", "compared"])
def test_a_step_shows_the_command_that_made_it(step: str) -> None:
    codes = [b.text for b in card_of("en", STEPS.index(step)).blocks if isinstance(b, Code)]
    assert codes
    assert all(text.startswith("finetune-advisor ") for text in codes)


def noted(**facts: object) -> dict[str, Noted]:
    return {k: Noted(value=v, how="answered") for k, v in facts.items()}


def test_what_an_earlier_case_settled_is_offered_and_never_taken(home: object) -> None:
    before = Case(id="before", facts=noted(target_score=0.9, provider="azure", examples=500))
    save_case("before", "ada", "Ticket routing", {"case": before.model_dump(mode="json"), "cards": {}})
    now = Case(id="now", facts=noted(provider="openai"))
    found = earlier(now, "ada")
    assert found is not None
    card = earlier_card(found, "en")
    assert [b.payload["fact"] for b in buttons(card)] == ["target_score"], "known here, or of a file: not offered"
    assert {b.action for b in buttons(card)} == {"change"}
    assert "Ticket routing" in card.model_dump_json()
    assert "target_score" not in now.facts


def test_another_persons_case_is_never_offered(home: object) -> None:
    before = Case(id="before", facts=noted(target_score=0.9))
    save_case("before", "eve", "Hers", {"case": before.model_dump(mode="json"), "cards": {}})
    assert earlier(Case(id="now"), "ada") is None


def test_what_was_declined_here_is_not_offered_again(home: object) -> None:
    before = Case(id="before", facts=noted(target_score=0.9))
    save_case("before", "ada", "First", {"case": before.model_dump(mode="json"), "cards": {}})
    assert earlier(Case(id="now", declined=["target_score"]), "ada") is None
