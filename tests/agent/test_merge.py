"""A case changed in two windows: neither loses what the other did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.case import Case
from agent.merge import joined, merged
from agent.say import contradiction_text
from agent.turn import Conversation

BEGINS = {
    "en": ("our bot answers in the wrong tone", "change examples to 400", "we have 900 labelled tickets"),
    "de": ("Unser Bot klingt wie ein Roboter", "wir haben 400 gelabelte Tickets", "wir haben 900 gelabelte Tickets"),
}


async def say(case: Case, text: str) -> Case:
    async for _ in Conversation(case).say(text):
        pass
    return case


@pytest.mark.parametrize("language", BEGINS)
async def test_answers_of_two_windows_both_stand(language: str) -> None:
    begin, first, _ = BEGINS[language]
    base = await say(Case(id="c", language=language), begin)  # type: ignore[arg-type]
    mine, theirs = base.model_copy(deep=True), base.model_copy(deep=True)
    await say(mine, first)
    async for _ in Conversation(theirs).answer("prompt_effort", "iterated"):
        pass
    async for _ in Conversation(theirs).answer("evals_defined", None):
        pass
    both = merged(base, mine, theirs)
    assert both.facts["examples"].value == 400
    assert both.facts["prompt_effort"].value == "iterated"
    assert both.declined == ["evals_defined"]
    assert both.facts["gaps"].value == ["tone_style"]
    assert len(both.chat) == len(mine.chat) + len(theirs.chat) - len(base.chat), "nothing said is lost"
    assert not both.contradictions


@pytest.mark.parametrize("language", BEGINS)
async def test_two_answers_to_one_question_are_shown_with_both_quotes(language: str) -> None:
    begin, first, second = BEGINS[language]
    base = await say(Case(id="c", language=language), begin)  # type: ignore[arg-type]
    mine, theirs = await say(base.model_copy(deep=True), second), await say(base.model_copy(deep=True), first)
    both = merged(base, mine, theirs)
    (clash,) = both.contradictions
    assert (clash.older.value, clash.newer.value) == (400, 900)
    assert both.facts["examples"].value == 900
    shown = contradiction_text(clash, language)
    assert "400" in shown
    assert "900" in shown
    assert Conversation(both).question().fact == "examples"  # type: ignore[union-attr]


async def test_what_one_window_took_back_stays_away() -> None:
    base = await say(Case(id="c"), "our bot answers in the wrong tone, 3k labelled tickets")
    mine, theirs = base.model_copy(deep=True), base.model_copy(deep=True)
    mine.change("examples", None)
    theirs.plans.append("p1")
    both = merged(base, mine, theirs)
    assert "examples" not in both.facts
    assert both.plans == ["p1"]


KEYS = st.sampled_from("abcd")
TABLES = st.dictionaries(KEYS, st.integers(0, 3))


@given(TABLES, TABLES, TABLES)
def test_where_only_one_changed_its_change_holds(
    was: dict[str, int], here: dict[str, int], there: dict[str, int]
) -> None:
    both = joined(was, here, there)
    for key in "abcd":
        before, mine, theirs = was.get(key), here.get(key), there.get(key)
        assert both.get(key) == (theirs if mine == before else mine)


@given(st.lists(KEYS, unique=True), st.lists(KEYS, unique=True), st.lists(KEYS, unique=True))
def test_what_was_added_anywhere_is_there_once(was: list[str], here: list[str], there: list[str]) -> None:
    both = joined(was, here, there)
    added = (set(here) | set(there)) - set(was)
    assert added <= set(both)
    assert len(both) == len(set(both))
