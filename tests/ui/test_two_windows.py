"""Two windows, or a window and another program, on one case."""

from pathlib import Path

import pytest

from agent.case import Case, ChatLine, DatasetRef
from tools.records.cases import load_case
from ui.chat.talk import Talk


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path))
    return tmp_path


def stored() -> Case:
    return Case.model_validate(load_case("t1", "ann").document["case"])


async def test_neither_loses_the_others_answers(home: Path) -> None:
    one = Talk("t1", "ann", Case(id="t1"))
    async with one.turn() as talk:
        async for _ in talk.say("our bot answers in the wrong tone"):
            pass
    version = load_case("t1", "ann").version
    two = Talk("t1", "ann", stored(), {}, version)
    async with one.turn() as talk:
        async for _ in talk.answer("prompt_effort", "few_shot"):
            pass
        one.cards["j1"] = ["e1", "m1"]
    async for _ in two.conversation.answer("evals_defined", True):  # a turn that began before the other was stored
        pass
    two.save()
    assert stored().facts["prompt_effort"].value == "few_shot"
    assert stored().facts["evals_defined"].value is True
    assert load_case("t1", "ann").document["cards"] == {"j1": ["e1", "m1"]}
    async with one.turn() as talk:  # and the first window knows it from its next turn on
        assert talk.case.facts["evals_defined"].value is True


async def test_two_different_answers_are_asked_about(home: Path) -> None:
    one = Talk("t1", "ann", Case(id="t1"))
    one.save()
    two = Talk("t1", "ann", stored(), {}, load_case("t1", "ann").version)
    async with one.turn() as talk:
        async for _ in talk.say("wir haben 400 gelabelte Tickets und der Ton stimmt nicht"):
            pass
    async for _ in two.conversation.say("wir haben 900 gelabelte Tickets"):
        pass
    two.save()
    (clash,) = stored().contradictions
    assert "400" in clash.older.quote
    assert "900" in clash.newer.quote
    question = two.conversation.question()
    assert question is not None
    assert question.fact == "examples"


def test_a_case_that_began_with_a_file_is_known_by_its_name_until_something_is_said() -> None:
    talk = Talk("t1", "ann", Case(id="t1", datasets=[DatasetRef(id="d1", name="tickets.jsonl", path="")]))
    talk.save()
    assert load_case("t1", "ann").title == "tickets.jsonl"
    talk.case.chat.append(ChatLine(role="user", text="should we train?"))
    talk.save()
    assert load_case("t1", "ann").title == "should we train?"
