"""Search: the passage that answers, with its source, or nothing."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.pages import pages
from knowledge.search import search
from knowledge.sources import sources

ROOT = Path(__file__).parent.parent.parent
QUESTIONS = yaml.safe_load((ROOT / "bench/search/questions.yaml").read_text(encoding="utf-8"))
REPORTED = [q for q in QUESTIONS[1::2] if q.get("lang", "en") == "en"]
"""The half that nothing was tuned on."""


def first(query: str) -> str | None:
    found = search(query)
    return found[0].id if found else None


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("What is fine-tuning?", "what-is-fine-tuning"),
        ("can it learn our documents", "can-it-learn-our-documents"),
        ("how many examples?", "how-many-examples"),
        ("catastrofic forgeting", "catastrophic-forgetting"),
        ("HALUCINATIONS", "hallucinations"),
        ("lora or full finetuning", "lora-or-full"),
        ("is LoRA better than RAG", "lora-or-rag"),
        ("capex or opex", "capex-or-opex"),
        ("what's RAFT", "raft"),
        ("Can I still fine-tune at OpenAI?", "openai-now"),
    ],
)
def test_a_newcomer_finds_the_page(asked: str, page: str) -> None:
    assert first(asked) == page


@pytest.mark.parametrize(
    "asked",
    [
        "what's the weather",
        "tell me a joke",
        "hello",
        "who is the president of france",
        "how do i train my dog to sit",
        "how to tune a guitar",
        "",
        "   ",
        "?!",
        "42",
        "和",
    ],
)
def test_off_the_subject_nothing_is_found(asked: str) -> None:
    assert search(asked) == []


def test_every_page_is_found_by_its_own_question_and_aliases() -> None:
    for page in pages().values():
        for asked in (page.question, *page.aliases):
            assert page.id in [p.id for p in search(asked)], f"{page.id}: {asked}"


def test_a_passage_brings_its_sources_and_its_date() -> None:
    (best, *_) = search("how many examples do I need")
    assert best.kind == "page"
    assert best.sources == pages()["how-many-examples"].sources
    assert best.checked_on == pages()["how-many-examples"].checked_on
    assert "[" not in best.text
    assert set(best.sources) <= set(sources())
    assert 0 < best.score <= 1


def test_terms_and_cards_are_found_where_no_page_says_more() -> None:
    found = search("what is a token")[0]
    assert (found.kind, found.id) == ("glossary", "token")
    assert first("checkpoint") == "checkpoint"


def test_the_limit_holds_and_nothing_is_shown_twice() -> None:
    assert len(search("fine-tuning", limit=1)) == 1
    found = search("fine-tuning", limit=50)
    assert len({(p.kind, p.id) for p in found}) == len(found)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


def test_recall_on_the_half_that_nothing_was_tuned_on() -> None:
    """Measured: 0.87 at 1, 0.90 at 3, one false answer of 13 (docs/decisions/0003-search.md); the margin is 0.05."""
    on = [q for q in REPORTED if q["pages"]]
    at_1 = sum(bool(p := search(q["q"])) and p[0].id in q["pages"] for q in on)
    at_3 = sum(any(p.id in q["pages"] for p in search(q["q"])) for q in on)
    false = sum(bool(search(q["q"])) for q in REPORTED if not q["pages"])
    assert at_1 / len(on) >= 0.82
    assert at_3 / len(on) >= 0.85
    assert false <= 2


def test_the_set_of_questions_is_what_it_says() -> None:
    assert len(QUESTIONS) >= 120
    assert sum(not q["pages"] for q in QUESTIONS) >= 20
    assert {q.get("lang", "en") for q in QUESTIONS} == {"en", "es", "de", "fr", "zh"}
    assert {p for q in QUESTIONS for p in q["pages"]} <= set(pages())


@given(st.text(max_size=200))
def test_no_text_breaks_it(query: str) -> None:
    for passage in search(query):
        assert 0 < passage.score <= 1


def test_a_pasted_document_takes_no_longer_than_a_question(patience: Callable[[], float]) -> None:
    start = time.process_time()
    search("fine-tuning " * 100_000)
    assert time.process_time() - start < 0.5 * patience()


def test_many_threads_get_the_same_answers() -> None:
    asked = [q["q"] for q in QUESTIONS[:40]]
    alone = [search(q) for q in asked]
    together: list[list[object]] = []
    threads = [threading.Thread(target=lambda: together.append([search(q) for q in asked])) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert together == [alone] * 4


def test_it_is_quick_and_light_from_cold(patience: Callable[[], float]) -> None:
    """Processor time, so that a busy machine does not decide; heavy packages stay out of light commands."""
    code = """
import sys, time
from knowledge.search import search
start = time.process_time(); search("how many examples do I need"); first = time.process_time() - start
start = time.process_time()
for _ in range(50): search("will fine tuning fix halucinations")
later = (time.process_time() - start) / 50
heavy = {"numpy", "bm25s", "scipy", "openai", "torch"} & set(sys.modules)
print(first, later, ",".join(sorted(heavy)))
"""
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    first_seconds, later_seconds, *heavy = out.split()
    assert float(first_seconds) < 0.3 * patience()  # 0.06 to 0.08 measured; the promise is 0.15
    assert float(later_seconds) < 0.005 * patience()
    assert heavy == []
