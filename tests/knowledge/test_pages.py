"""One question a page: short, cited, dated, and answered in the first sentence."""

import re
from datetime import date

import pytest

from knowledge.pages import CITATION, Page, pages
from knowledge.sources import sources

ASKED_FOR = (
    "what-is-fine-tuning", "can-it-learn-our-documents", "how-many-examples", "catastrophic-forgetting",
    "lora-or-full", "evaluation-driven-development", "capex-or-opex", "lora-or-rag", "rag-or-fine-tuning",
    "few-shot", "prompt-chaining", "function-calling", "raft", "distillation", "dpo", "rft",
    "vision-fine-tuning", "jsonl-format", "train-validation-held-out", "leakage", "how-long", "what-it-costs",
    "openai-now", "which-providers", "overfitting", "reading-loss-curves", "epochs-and-learning-rate",
    "privacy", "offline-or-laptop", "what-hardware", "tone-and-style", "valid-json", "reduce-costs",
    "faster-answers", "counting-and-calculating", "hallucinations", "did-it-work", "base-retires", "lock-in",
    "prompt-caching", "baseline", "synthetic-data", "noisy-labels", "safety-after-tuning", "eu-ai-act",
    "tuned-model-worse",
)  # fmt: skip
each = pytest.mark.parametrize("page", pages().values(), ids=lambda p: p.id)


def test_the_questions_newcomers_ask_have_pages() -> None:
    assert set(ASKED_FOR) <= set(pages())


@each
def test_a_page_is_short(page: Page) -> None:
    words = len(page.plain.split())
    assert 80 <= words < 200, words


@each
def test_a_page_is_dated_and_cited(page: Page) -> None:
    assert page.sources
    assert set(page.sources) <= set(sources())
    assert date(2026, 1, 1) <= page.checked_on <= date.today()  # noqa: DTZ011


@each
def test_the_first_sentence_answers_and_stands_alone(page: Page) -> None:
    assert page.answer.endswith((".", "!"))
    assert 5 <= len(page.answer.split()) <= 45
    assert CITATION.search(page.text.split("\n\n")[0]), "the answer itself is cited"


@each
def test_every_figure_stands_in_a_cited_paragraph(page: Page) -> None:
    for paragraph in re.split(r"\n\n", page.text):
        text = CITATION.sub("", paragraph)
        if re.search(r"\d", re.sub(r"(?:4-?bit|gpt-\S+|o4-mini|\d+/\d+|A100|`[^`]*`)", "", text)):
            assert CITATION.search(paragraph), paragraph


@each
def test_related_pages_exist_and_are_others(page: Page) -> None:
    assert set(page.related) <= set(pages()) - {page.id}
    assert len(page.related) >= 2


@each
def test_the_tone_is_calm(page: Page) -> None:
    assert not re.search(r"!(?!\[)", page.plain), "no exclamation marks"
    assert not re.search(r"[\U0001F300-\U0001FAFF]", page.plain), "no emoji"


def test_no_question_or_alias_stands_twice() -> None:
    asked = [q.lower().rstrip("?") for p in pages().values() for q in (p.question, *p.aliases)]
    assert len(asked) == len(set(asked)), {q for q in asked if asked.count(q) > 1}


def test_the_closing_dates_are_said() -> None:
    text = pages()["openai-now"].text
    for when in ("2026-05-07", "2026-07-02", "2026-10-23", "2027-01-06", "2027-01-14"):
        assert when in text


def test_plain_text_carries_no_marks_and_keeps_its_links() -> None:
    page = Page(
        id="p",
        question="q",
        aliases=(),
        sources=("a-b",),
        checked_on=date(2026, 11, 21),
        text="Yes, see [the list](https://x.org) [a-b].",
    )
    assert page.plain == "Yes, see [the list](https://x.org)."
    assert page.answer == "Yes, see [the list](https://x.org)."
