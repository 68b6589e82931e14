"""Which texts of a card are ours to translate."""

import json
from pathlib import Path

import pytest

from tools.dataset import LintRequest, lint
from ui.chat.cards.findings import findings_card
from ui.chat.said import spoken


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
