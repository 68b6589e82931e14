"""Distillation and RAFT in the chat: what is shown before anything is sent, and what a click collects."""

import asyncio
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from agent.case import Case
from tools.distillation import terms
from tools.endpoint import Endpoint
from tools.errors import InputError, RefusedError
from ui.chat import work
from ui.chat.cards.blocks import Buttons, Card, Entries, Notice
from ui.chat.journey import data, teacher
from ui.chat.show import Shown
from ui.chat.talk import Talk
from ui.chat.uploads import is_document, take_in

sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "evals"))
from evals_wire import said, serving

# The package gives the functions these names.
distil, raft = (import_module(f"ui.chat.journey.{name}") for name in ("distil", "raft"))
TOWNS = ("Arden", "Brill", "Corby", "Deal", "Ely")


class Screen:
    """Every card, in order; the last of a name."""

    def __init__(self) -> None:
        self.cards: list[Card] = []

    async def announce(self, thread_id: str, *cards: Card, text: str = "") -> list[Shown]:
        self.cards += cards
        return [Shown(thread_id, card) for card in cards]

    def __getitem__(self, name: str) -> Card:
        return [c for c in self.cards if c.name == name][-1]

    def has(self, name: str) -> bool:
        return any(c.name == name for c in self.cards)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    shown = Screen()
    for module in (work, data, distil, raft):
        monkeypatch.setattr(module, "announce", shown.announce)

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(data, "learnt", nothing)
    return shown


@pytest.fixture
def talk(home: Path, tmp_path: Path) -> Talk:
    """A conversation with a file of three prompts."""
    case = Case(id="t1")
    file = tmp_path / "prompts.jsonl"
    rows = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": "own"}]} for q in "abc"]
    file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    take_in(case, file, "prompts.jsonl")
    return Talk("t1", "ann", case)


async def done(doing: Any) -> None:
    await doing
    while work._tasks:
        await asyncio.wait(set(work._tasks))
        await asyncio.sleep(0)


def echo(body: dict[str, Any]) -> Any:
    return said("re " + body["messages"][-1]["content"])


def offers(card: Card, action: str) -> bool:
    """Whether a card has the click, as a button or as a form; folded parts do not count."""
    forms = [b for b in card.blocks if isinstance(b, Entries) and b.action == action]
    return bool(forms) or any(b.action == action for x in card.blocks if isinstance(x, Buttons) for b in x.items)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Say what it may take"),
        ({"budget": "3"}, "can only be kept with prices"),
        ({"budget": "3", "usd_in": "1", "usd_out": "2"}, ""),
        ({"budget_tokens": "90000"}, ""),
    ],
)
async def test_before_anything_is_sent_stand_the_worst_case_the_terms_and_the_budget(
    talk: Talk, screen: Screen, given: dict[str, str], says: str
) -> None:
    with serving(echo) as wire:
        await done(distil.distil_plan(talk, "d1", {"base_url": wire.url, "model": "big", **given}))
        assert wire.requests == []
    card = screen["distil-plan"]
    text = card.model_dump_json()
    assert "not known here" in text
    assert "3, of which 0 were answered before" in text
    assert [says in b.text for b in card.blocks if isinstance(b, Notice)] == ([True] if says else [])
    assert offers(card, "distil_collect") == (not says)


async def test_a_click_records_the_terms_collects_and_gives_a_file_of_the_case(talk: Talk, screen: Screen) -> None:
    def script(body: dict[str, Any]) -> Any:
        if body["model"] == "judge":
            return said("2" if "re b" in body["messages"][-1]["content"] else "5")
        return echo(body)

    with serving(script) as wire:
        given = {"base_url": wire.url, "model": "big", "judge": "judge", "budget_tokens": "90000"}
        await done(distil.distil_collect(talk, "d1", given))
        assert "are not known here" in screen["problem"].model_dump_json(), "which terms were read is wanted first"
        assert wire.requests == []
        await done(distil.distil_collect(talk, "d1", {**given, "terms": "House terms, 2026-11"}))
        record = terms.accepted(Endpoint(base_url=wire.url, model="big"), "ann")
        assert record is not None
        assert record.title == "House terms, 2026-11"
        assert "own" not in json.dumps(wire.requests)
    shown = screen["distilled"].model_dump_json()
    assert "marked 3 answers; 2 reached mark 4 of 5" in shown
    assert "finetune-advisor distill" in shown
    assert screen["findings"].label == "Check of prompts.distilled.jsonl"
    ref = talk.case.files()[-1]
    learnt = [json.loads(line)["messages"][-1]["content"] for line in Path(ref.path).read_text().splitlines()]
    assert learnt == ["re a", "re c"]


async def test_what_was_ended_says_what_is_kept_and_goes_on_from_there(talk: Talk, screen: Screen) -> None:
    down = [True]

    def script(body: dict[str, Any]) -> Any:
        lost = down[0] and body["messages"][-1]["content"] == "c"
        return (503, {"error": {"message": "no"}}) if lost else echo(body)

    with serving(script) as wire:
        given = {"base_url": wire.url, "model": "big", "budget_tokens": "90000", "terms": "House terms"}
        await done(distil.distil_collect(talk, "d1", given))
        ended = screen["teacher-ended"]
        assert "2 of 3 answers are kept" in ended.model_dump_json()
        assert offers(ended, "distil_collect")
        down[0] = False
        wire.requests.clear()
        await done(distil.distil_collect(talk, "d1", given))
        assert [r["messages"][-1]["content"] for r in wire.requests] == ["c"]
    assert screen.has("distilled")


async def test_rows_kept_aside_are_never_asked(talk: Talk, screen: Screen, tmp_path: Path) -> None:
    from ui.chat.uploads import add_ref

    train = tmp_path / "train.jsonl"
    train.write_text(Path(talk.case.files()[0].path).read_text().splitlines()[0] + "\n")
    add_ref(talk.case, "train", train, id_="d1.train")
    with serving(echo) as wire:
        given = {"base_url": wire.url, "model": "big", "budget_tokens": "90000", "terms": "House terms"}
        await done(distil.distil_collect(talk, "d1", given))
        assert [r["messages"][-1]["content"] for r in wire.requests] == ["a"]


def test_one_collection_at_a_time(talk: Talk) -> None:
    with (
        teacher.alone(talk, "distillation"),
        pytest.raises(RefusedError, match="under way"),
        teacher.alone(talk, "distillation"),
    ):
        pass
    with teacher.alone(talk, "distillation"):
        pass


@pytest.mark.parametrize(
    ("name", "text"), [("budget", "much"), ("budget", "-1"), ("usd_in", "nan"), ("usd_out", "inf")]
)
def test_a_sum_that_is_none_is_named(name: str, text: str) -> None:
    with pytest.raises(InputError, match=name):
        teacher.spending({name: text})
    assert teacher.spending({"budget": "0,5"})["budget_usd"] == Decimal("0.5")


def test_where_people_sign_in_the_key_goes_only_where_its_owner_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BASE_URL": "https://set.example/v1", "API_KEY": "sk-set", "SIGN_IN": "password"}.items():
        monkeypatch.setenv(f"ADVISOR_{name}", value)
    given = {"base_url": "https://elsewhere.example/v1", "model": "m", "key_env": "PATH"}
    found = teacher.teacher_of(given, lambda *_: None)
    assert (found.base_url, found.api_key.get_secret_value()) == ("https://set.example/v1", "sk-set")
    monkeypatch.setenv("ADVISOR_SIGN_IN", "local")
    assert teacher.teacher_of({**given, "key_env": "ADVISOR_API_KEY"}, lambda *_: None).base_url == given["base_url"]


@pytest.fixture
def towns(talk: Talk, tmp_path: Path) -> Callable[[], dict[str, str]]:
    """Documents and questions in the conversation; the form that names them."""

    def put() -> dict[str, str]:
        documents, questions = tmp_path / "towns.jsonl", tmp_path / "questions.jsonl"
        about = [{"id": t.lower(), "text": f"The mayor of {t} is Mayor {t}son. It is old."} for t in TOWNS]
        asked = [{"question": f"Who leads {t}?", "answer": f"Mayor {t}son", "document": t.lower()} for t in TOWNS]
        documents.write_text("".join(json.dumps(d) + "\n" for d in about))
        questions.write_text("".join(json.dumps(q) + "\n" for q in asked))
        return {
            "documents": take_in(talk.case, documents, "towns.jsonl").id,
            "questions": take_in(talk.case, questions, "questions.jsonl").id,
        }

    return put


async def test_dropped_prose_is_taken_as_documents_with_a_way_back(talk: Talk, screen: Screen, tmp_path: Path) -> None:
    kinds = {
        "manual.md": "{curly}",
        "faq.txt": "How to return a parcel",
        "rows.txt": '{"messages": []}',
        "t.txt": "a\tb",
    }
    refs = []
    for name, text in kinds.items():
        (tmp_path / name).write_text(text)
        refs.append(take_in(talk.case, tmp_path / name, name))
    assert [r.name for r in refs if is_document(r)] == ["manual.md", "faq.txt"], "rows are data with any ending"
    await raft.documents(talk, refs[:1])
    assert offers(screen["documents"], "raft")
    assert offers(screen["documents"], "check"), "who meant it as data says so"


async def test_documents_are_found_and_the_papers_figures_stand_in_the_form(
    talk: Talk, screen: Screen, towns: Callable[[], dict[str, str]]
) -> None:
    await raft.raft(talk)
    assert "There are no documents yet" in screen["raft"].model_dump_json()
    towns()
    await raft.raft(talk)
    (form,) = [b for b in screen["raft"].blocks if isinstance(b, Entries)]
    values = {item.name: item.value for item in form.items}
    assert (values["documents"], values["golden_share"], values["distractors"]) == ("d2", "0.8", "4")


async def test_questions_of_a_file_make_rows_that_are_divided_by_document(
    talk: Talk, screen: Screen, towns: Callable[[], dict[str, str]]
) -> None:
    await done(raft.raft_plan(talk, {**towns(), "distractors": "2", "golden_share": "1", "held_out": "0.2"}))
    assert "finetune-advisor raft" in screen["raft-made"].model_dump_json()
    made = talk.case.files()[-1]
    refs = {d.id: Path(d.path) for d in talk.case.datasets}
    held = json.loads(refs[f"{made.id}.held_out"].read_text())["document"]
    assert len(refs[f"{made.id}.train"].read_text().splitlines()) == 4
    assert held.title() not in refs[f"{made.id}.train"].read_text()


async def test_a_teacher_writes_questions_after_terms_and_budget(
    talk: Talk, screen: Screen, towns: Callable[[], dict[str, str]]
) -> None:
    def script(body: dict[str, Any]) -> Any:
        asked = body["messages"][-1]["content"]
        if "Question:" not in asked:
            return said('["Who leads it?"]')
        line = asked.split("\n")[1].split(". ")[0] + "."
        return said(f"##Reason: ##begin_quote## {line} ##end_quote## ##Answer: {line.split()[-1]}")

    with serving(script) as wire:
        given = {"documents": towns()["documents"], "base_url": wire.url, "model": "big", "each": "1"}
        await done(raft.raft_plan(talk, given))
        assert not offers(screen["raft-plan"], "raft_make"), "no budget yet"
        given["budget_tokens"] = "900000"
        await done(raft.raft_plan(talk, given))
        assert offers(screen["raft-plan"], "raft_make")
        assert wire.requests == []
        await done(raft.raft_make(talk, {**given, "terms": "House terms"}))
        assert len(wire.requests) == 2 * len(TOWNS)
    assert "House terms" in screen["raft-made"].model_dump_json()
