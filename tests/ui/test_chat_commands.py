"""Commands of the composer, and the two-minute tour."""

import re
from typing import Any

import pytest

from knowledge.pages import pages
from knowledge.tour import LANGUAGES, tour
from tools.errors import RefusedError
from ui.chat import commands
from ui.tour.recap import png, svg


@pytest.mark.parametrize(
    ("text", "chosen", "wanted"),
    [
        ("", "lint", "lint"),
        ("/lint", None, "lint"),
        ("/Cost", None, "cost"),
        ("lint", None, "lint"),
        ("cost", None, None),  # a gap, said in one word
        ("Teach me", None, "teach"),
        ("教我", None, "teach"),
        ("teach me the difference between RAG and LoRA", None, None),
        ("we have 3000 tickets", None, None),
        ("/unknown", None, None),
        ("", "unknown", None),
    ],
)
def test_what_is_a_command(text: str, chosen: str | None, wanted: str | None) -> None:
    assert commands.wanted(text, chosen) == wanted


@pytest.mark.parametrize("name", ["lint", "split", "cost", "ladder", "plan", "compare"])
async def test_without_a_file_or_a_job_a_command_says_what_is_missing(name: str) -> None:
    from agent.case import Case

    class Nobody:
        case: Any = Case()

    with pytest.raises(RefusedError, match="in this conversation yet"):
        await commands.COMMANDS[name].do(Nobody())  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tour_has_eight_questions_that_lead_to_pages(language: str) -> None:
    t = tour(language)
    assert len(t.steps) == 8
    assert [s.page for s in t.steps] == [s.page for s in tour("en").steps]
    assert all(s.page in pages() for s in t.steps)
    seconds = sum(len(s.question + s.answer + s.analogy) for s in t.steps) / (5 if language == "zh" else 18)
    assert seconds <= 150  # 200 words a minute are about 18 characters a second


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_names_all_eight(language: str) -> None:
    drawn = re.sub(r"<[^>]+>", "", svg(language))
    for n in range(1, 9):
        assert str(n) in drawn
    assert png(language).startswith(b"\x89PNG")
