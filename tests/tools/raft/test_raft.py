"""RAFT rows: the right passage among wrong ones, quotes that are there, P kept, held-out documents kept apart."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from evals_wire import said, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.distillation import terms
from tools.endpoint import Endpoint
from tools.errors import InputError, NotFoundError, RefusedError
from tools.raft.answers import ANSWER, BEGIN, DECLINE, END, fault, final, quotes, worded
from tools.raft.documents import Document, Passage, passages
from tools.raft.make import make
from tools.raft.records import RaftRequest, RaftResult, Teacher

TOWNS = ["Arden", "Brill", "Corby", "Deal", "Ely", "Frome", "Goole", "Hythe", "Ilkley", "Jarrow"]


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., RaftRequest]:
    """Ten documents about towns, two questions each, and a request for their rows."""
    folder = tmp_path / "towns"
    folder.mkdir()
    asked = []
    for i, name in enumerate(TOWNS):
        text = f"The mayor of {name} is Mayor {name}son. The town is old.\n\nIts bridge was built in {1800 + i}."
        (folder / f"{name.lower()}.md").write_text(f"# {name}\n\n{text}")
        asked.append({"question": f"Who leads {name}?", "answer": f"Mayor {name}son", "document": name.lower()})
        asked.append(
            {"question": f"When was the bridge of {name} built?", "answer": f"In {1800 + i}", "document": name.lower()}
        )
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(q) + "\n" for q in asked))

    def request(**more: Any) -> RaftRequest:
        more = {"questions": questions, **more}
        return RaftRequest(documents=(folder,), out=tmp_path / "out", **more)

    return request


def rows(path: Path | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path else []


def test_the_papers_figures_are_the_defaults(town: Any) -> None:
    request = town()
    assert (request.golden_share, request.distractors) == (0.8, 4)


def test_rows_hold_the_right_passage_among_distractors_and_quote_it(town: Any) -> None:
    result: RaftResult = make(town())
    assert (result.documents, result.train_rows, result.held_out_rows) == (10, 16, 4)
    assert result.rows_with_golden == round(16 * 0.8) == 13
    found = rows(result.train)
    with_golden = 0
    for row in found:
        system, user, assistant = row["messages"]
        assert [m["role"] for m in (system, user, assistant)] == ["system", "user", "assistant"]
        assert list(row) == ["messages"]
        [quote] = quotes(assistant["content"])
        answer = str(final(assistant["content"])).split()[-1]
        with_golden += quote in user["content"]
        assert (answer in user["content"]) == (quote in user["content"]), "a distractor holds the answer"
        assert user["content"].count("\n\n[") + 1 == 4 + (quote in user["content"])
    assert with_golden == 13


def test_held_out_documents_are_nowhere_in_training_and_the_other_way_round(town: Any) -> None:
    result: RaftResult = make(town())
    held = {name.title() for name in result.held_out_documents}
    assert len(held) == 2
    text = json.dumps(rows(result.train))
    assert not any(name in text for name in held)
    measured = json.dumps(rows(result.held_out))
    assert not any(name in measured for name in set(TOWNS) - held)
    assert all(r["evidence"] in r["messages"][1]["content"] for r in rows(result.held_out))


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(town: Any) -> None:
    def made(**more: Any) -> str:
        return make(town(**more)).train.read_text()

    first = made()
    assert made() == first
    assert made(seed=1) != first
    places = {json.loads(r)["messages"][1]["content"].split("\n")[0] for r in first.splitlines()}
    assert len(places) > 4, "the right passage must not always stand first"


def test_a_row_without_the_right_passage_can_teach_to_say_so(town: Any) -> None:
    result: RaftResult = make(town(without_golden="decline", golden_share=0.5))
    texts = [r["messages"][2]["content"] for r in rows(result.train)]
    assert texts.count(DECLINE) == 8
    assert DECLINE not in [r["messages"][2]["content"] for r in rows(result.held_out)]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_p_is_kept_to_the_row(town: Any, share: float) -> None:
    assert make(town(golden_share=share)).rows_with_golden == round(16 * share)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"question": "q", "answer": "a"}, "no `document`"),
        ({"question": "q", "answer": "a", "document": "atlantis"}, "no document 'atlantis'"),
        ({"question": "q", "answer": "a", "document": "ely", "evidence": "Ely is in space"}, "does not stand in one"),
    ],
)
def test_a_question_that_cannot_be_used_is_named_by_line(town: Any, tmp_path: Path, line: Any, says: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps(line))
    with pytest.raises(InputError, match=f"bad.jsonl:1.*{says}"):
        make(town(questions=file))


def test_a_question_whose_answer_stands_nowhere_is_dropped_and_counted(town: Any, tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    lines = [
        *({"question": f"Who leads {n}?", "answer": f"Mayor {n}son", "document": n.lower()} for n in TOWNS),
        {"question": "Colour?", "answer": "qqqq zzzz", "document": "ely"},
        {"question": "who leads  ELY?", "answer": "Mayor Elyson", "document": "ely"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert make(town(questions=file)).dropped == {"no_evidence_found": 1, "asked_twice": 1}


def test_what_cannot_be_read_is_said(town: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        make(town().model_copy(update={"documents": (tmp_path / "none",)}))
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(b"%PDF")
    with pytest.raises(InputError, match=r"\.pdf are not read"):
        make(town().model_copy(update={"documents": (pdf,)}))
    with pytest.raises(InputError, match="from a file or from a teacher"):
        make(town(questions=None))


def test_a_passage_on_both_sides_is_refused(town: Any) -> None:
    request = town()
    for file in request.documents[0].glob("*.md"):
        file.write_text("The same words everywhere.")
    with pytest.raises(InputError, match="the same passage stands in"):
        make(request)


class TestTeacher:
    def script(self, body: dict[str, Any]) -> Any:
        system, user = (m["content"] for m in body["messages"])
        name = next(n for n in TOWNS if n in user)
        if system.startswith("Write"):
            return said(f'Here: ["Who leads {name}?", "What is {name}?", "Is {name} old?"]')
        if "What is" in user:
            return said(f"##Reason: {BEGIN} {name} is lovely {END} {ANSWER} lovely")
        if "old?" in user:
            return said("Yes.")
        return said(f"##Reason: {BEGIN} The mayor of {name} is Mayor {name}son. {END} {ANSWER} Mayor {name}son")

    def teacher(self, url: str, **more: Any) -> Teacher:
        return Teacher(endpoint=Endpoint(base_url=url, model="big", name="t"), person="ann", **more)

    def test_writes_questions_and_answers_and_only_true_quotes_are_kept(self, town: Any) -> None:
        with serving(self.script) as wire:
            teacher = self.teacher(wire.url, budget_tokens=10**6)
            terms.accept(teacher.endpoint, "ann", terms="House terms")
            request = town(questions=None, teacher=teacher)
            result = make(request)
            assert (result.train_rows, result.held_out_rows) == (8, 2)
            assert result.dropped == {"quote_not_there": 10, "no_quote": 10}
            assert result.terms is not None
            assert len(wire.requests) == 40
            assert make(request).train_rows == 8
            assert len(wire.requests) == 40, "nothing is asked twice"

    def test_is_not_asked_before_terms_and_budget(self, town: Any) -> None:
        with serving(self.script) as wire:
            teacher = self.teacher(wire.url)
            with pytest.raises(RefusedError, match="has not accepted the terms"):
                make(town(questions=None, teacher=teacher))
            terms.accept(teacher.endpoint, "ann", terms="House terms")
            with pytest.raises(RefusedError, match="no budget is given"):
                make(town(questions=None, teacher=teacher))
            with pytest.raises(RefusedError, match="cannot be kept without prices"):
                make(town(questions=None, teacher=teacher.model_copy(update={"budget_usd": Decimal(1)})))
            assert wire.requests == []


GOLDEN = Passage("d", "T", 0, "The *sky* is blue. Grass is green.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{BEGIN} the sky  is Blue. {END} {ANSWER} blue", None),
        (f"{BEGIN} The sky is red. {END} {ANSWER} red", "quote_not_there"),
        (f"{BEGIN} The sky is blue. {END} {BEGIN} It rains. {END} {ANSWER} blue", "quote_not_there"),
        (f"{BEGIN} {END} {ANSWER} blue", "no_quote"),
        (f"{BEGIN} Grass is green. {END}", "no_answer"),
        (f"{BEGIN} Grass is green. {END} {ANSWER} ", "no_answer"),
    ],
)
def test_a_quote_must_stand_in_the_passage_word_for_word(text: str, why: str | None) -> None:
    assert fault(text, GOLDEN) == why


def test_numbers_are_compared_as_words() -> None:
    assert worded("4") in worded("It has 4 doors.")
    assert worded("4") not in worded("It has 14 doors.")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=200), max_size=6),
    st.integers(20, 60),
)
def test_passages_lose_no_word_and_are_never_too_long(paragraphs: list[str], words: int) -> None:
    text = "\n\n".join(paragraphs)
    found = passages(Document("d", "t", text), words)
    assert " ".join(p.text for p in found).split() == text.split()
    assert all(0 < len(p.text.split()) <= words for p in found)


def test_a_passage_that_holds_the_answer_is_never_a_distractor(town: Any, tmp_path: Path) -> None:
    request = town(held_out_share=0.0, golden_share=1.0)
    for i in range(8):
        gossip = f"Who leads Arden? Some say {i} people do. In truth it is Mayor  ardenson, of course."
        (request.documents[0] / f"gossip{i}.txt").write_text(gossip)
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"question": "Who leads Arden?", "answer": "Mayor Ardenson", "document": "arden"}))
    [row] = rows(make(request.model_copy(update={"questions": file})).train)
    assert "gossip" not in row["messages"][1]["content"]
    assert row["messages"][1]["content"].count("Ardenson") == 1


def test_a_folder_named_like_a_document_is_none(town: Any) -> None:
    request = town()
    (request.documents[0] / "notes.md").mkdir()
    assert make(request).documents == 10
