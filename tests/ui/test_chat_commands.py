"""Commands of the composer, and the two-minute tour."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from agent.case import Case, DatasetRef
from knowledge.pages import pages
from knowledge.tour import LANGUAGES, tour
from tools.errors import RefusedError
from ui.chat import commands
from ui.chat.words import words
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
        ("/unknown", None, commands.UNKNOWN),
        ("/ lint", None, "lint"),
        ("/plan --epochs 3", None, "plan"),
        ("/home/me/rows.jsonl is my file", None, None),
        ("/home/me/rows.jsonl", None, None),
        ("", "unknown", None),
    ],
)
def test_what_is_a_command(text: str, chosen: str | None, wanted: str | None) -> None:
    assert commands.wanted(text, chosen) == wanted


@pytest.mark.parametrize("name", ["lint", "split", "cost", "ladder", "plan", "compare"])
async def test_without_a_file_or_a_job_a_command_says_what_is_missing(name: str) -> None:
    talk: Any = SimpleNamespace(case=Case(), words=words("en"))
    with pytest.raises(RefusedError, match="in this conversation yet"):
        await commands.run(talk, name, f"/{name}", None)


@pytest.mark.parametrize(
    ("text", "chosen", "said"),
    [
        ("/lint other.jsonl", None, "no file “other.jsonl” in this conversation"),
        ("other.jsonl", "cost", "there are: first.jsonl, second.jsonl"),
        ("/plan --epochs 3", None, "no file “--epochs 3”"),
        ("/compare job_2", None, "no job “job_2” in this conversation; there are: job_1."),
        ("/report now", None, "/report takes nothing after it"),
        ("/nonsense", None, "no command /nonsense. There are: /lint, "),
    ],
)
async def test_what_is_written_after_a_command_is_never_passed_over(text: str, chosen: str | None, said: str) -> None:
    command = commands.wanted(text, chosen)
    assert command
    with pytest.raises(RefusedError) as refused:
        await commands.run(talk_with_files(), command, text, chosen)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "chosen", "taken"),
    [
        ("/lint", None, "d2"),
        ("/lint First.jsonl", None, "d1"),
        ("first.jsonl", "lint", "d1"),
        ("/lint d1", None, "d1"),
    ],
)
async def test_a_command_takes_the_file_that_is_named_and_else_the_newest(
    monkeypatch: pytest.MonkeyPatch, text: str, chosen: str | None, taken: str
) -> None:
    seen: list[str] = []

    async def check(_talk: Any, ref: DatasetRef) -> None:
        seen.append(ref.id)

    monkeypatch.setattr(commands.journey, "check", check)
    await commands.run(talk_with_files(), "lint", text, chosen)
    assert seen == [taken]


def talk_with_files() -> Any:
    files = [DatasetRef(id=f"d{n}", name=f"{name}.jsonl", path="") for n, name in ((1, "first"), (2, "second"))]
    return SimpleNamespace(case=Case(datasets=files, jobs=["job_1"]), words=words("en"))


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
