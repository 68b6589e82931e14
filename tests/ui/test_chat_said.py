"""Which texts of a card are ours to translate."""

import json
import re
from pathlib import Path

import pytest

from agent.facts import parse_facts
from agent.said import said
from agent.say import number
from knowledge.rehearsal_words import STEPS
from tools.dataset import LintRequest, lint
from ui.chat.cards.blocks import Card, Table
from ui.chat.cards.findings import findings_card
from ui.chat.cards.score import score
from ui.chat.cards.understood import answers_block
from ui.chat.journey.rehearsal import card_of
from ui.chat.said import spoken
from ui.chat.words import words


def test_rows_of_the_data_commands_and_quotes_are_never_translated() -> None:
    props = {
        "name": "comparison",
        "language": "de",
        "blocks": [
            {"kind": "text", "text": "Try again."},
            {"kind": "code", "text": "Try again."},
            {"kind": "marked", "label": "x", "pieces": [{"text": "Try again."}]},
            {"kind": "details", "summary": "x", "blocks": [{"kind": "list", "items": [{"text": "Try again."}]}]},
        ],
    }
    text, code, marked, details = spoken(props)["blocks"]
    assert text["text"] == "Versuchen Sie es noch einmal."
    assert code["text"] == "Try again."
    assert marked["pieces"][0]["text"] == "Try again."
    assert details["blocks"][0]["items"][0]["text"] == "Try again."


@pytest.mark.parametrize(("language", "note"), [("de", "Werkzeugdefinitionen sind"), ("zh", "工具定义按")])
def test_a_checked_file_says_its_notes_in_the_language(language: str, note: str, tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": messages, "tools": [tool]}) + "\n")
    card = findings_card(lint(LintRequest(path=path)), "d1", path="a.jsonl", actions=[], language=language)
    shown = json.dumps(spoken(card.props()), ensure_ascii=False)
    assert note in shown
    assert "gains are usually seen" not in shown


@pytest.mark.parametrize(
    ("language", "count"), [("de", "3.000"), ("es", "3.000"), ("fr", "3\u202f000"), ("zh", "3,000")]
)
def test_a_count_that_the_card_wrote_itself_is_not_read_as_english_again(language: str, count: str) -> None:
    known = parse_facts({"examples": 3000}).known()
    table = Table(columns=["a", "b"], rows=[["x", number(3000, language)]])
    card = Card(name="split", label="x", blocks=[*answers_block(known, language), table], language=language)
    shown = spoken(card.props())["blocks"]
    assert shown[0]["blocks"][0]["items"][0]["label"].endswith(count)
    assert shown[1]["rows"][0][1] == count


@pytest.mark.parametrize("value", [0.0, 0.125, 0.828, 1.0])
@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_a_score_is_not_read_as_thousands_in_a_language_with_a_decimal_comma(language: str, value: float) -> None:
    cell = score(value, words(language))
    card = Card(name="ladder", label="x", blocks=[Table(columns=["a", "b"], rows=[["x", cell]], own=True)])
    shown = spoken({**card.props(), "language": language})["blocks"][0]["rows"][0][1]
    assert shown == f"{value:.3f}".replace(".", ",")
    if value < 1:  # no English count begins with 0, wherever it stands
        assert said(cell, language) == cell


def test_every_score_of_the_recorded_comparison_is_shown_as_it_was_measured() -> None:
    for step in (None, STEPS.index("compared")):
        shown = json.dumps(spoken(card_of("es", step).props()), ensure_ascii=False)
        assert '"0,828"' in shown
        assert '"0,125"' in shown
        assert "accuracy" not in shown.split("finetune-advisor")[0]


def test_a_tools_sentence_after_a_chinese_colon_is_found_too() -> None:
    w = words("zh")
    text = w("metric.says_good", answer="One of the 8 labels, and nothing else.")
    props = {"name": "metric", "language": "zh", "blocks": [{"kind": "text", "text": text}]}
    assert not re.search("[A-Za-z]{3}", spoken(props)["blocks"][0]["text"])
