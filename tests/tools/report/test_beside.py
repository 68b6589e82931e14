"""Two cases side by side: the same lines for both, shared risks once, and no score held against one on other rows."""

from datetime import UTC, date, datetime

import pytest

from agent.case import Case, Noted
from agent.page import decision_record
from knowledge.report_words import LANGUAGES
from tools.errors import InputError
from tools.report import beside, page_html, page_markdown
from tools.report.blocks import Bullets, Grid, Page, Para
from tools.report.record import DecisionRecord, Measured

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TRAIN = {"task_type": "classification", "gaps": ["accuracy"], "prompt_effort": "systematic", "examples": 500,
         "evals_defined": True, "baseline_score": 0.6, "target_score": 0.9, "narrow_task": True}  # fmt: skip
ASK = {"task_type": "generation", "gaps": ["knowledge"]}


def record(name: str, facts: dict[str, object], language: str = "en") -> DecisionRecord:
    case = Case(id=name, facts={k: Noted(value=v) for k, v in facts.items()})
    return decision_record(case, owner="ada", now=NOW, language=language)


def with_score(found: DecisionRecord, score: float, rows: str) -> DecisionRecord:
    measured = Measured(
        key="tuned_here", name="tuned", metric="label", score=score, ci_low=score - 0.05, ci_high=score + 0.05, n=64,
        model="m", dataset_sha256=rows, measured_on=date(2026, 11, 21),
    )  # fmt: skip
    return found.model_copy(update={"measured": (measured,)})


def said(page: Page) -> list[str]:
    texts: list[str] = []
    for section in page.sections:
        for b in section.blocks:
            texts += [b.text] if isinstance(b, Para) else [*b.items] if isinstance(b, Bullets) else []
    return texts


def glance(page: Page) -> dict[str, tuple[str, ...]]:
    grid = page.sections[0].blocks[0]
    assert isinstance(grid, Grid)
    return {row[0]: row[1:] for row in grid.rows}


def test_each_line_has_both_cases() -> None:
    a, b = record("one", TRAIN), record("two", ASK)
    lines = glance(beside(a, b))
    assert lines["Recommendation"] == (a.verdict, b.verdict)
    assert lines["Best tuned"] == ("not measured", "not measured")
    assert all(len(cells) == 2 for cells in lines.values())
    assert {"Cost with training, whole horizon", "The plan at most", "Asked of you"} <= set(lines)


def test_the_first_line_says_whether_they_differ() -> None:
    a = record("one", TRAIN)
    assert "different" in beside(a, record("two", ASK)).verdict
    assert "same" in beside(a, record("two", TRAIN)).verdict


def test_what_both_risk_is_said_once() -> None:
    a, b = record("one", TRAIN), record("two", {**TRAIN, "examples": 400})
    texts = said(beside(a, b))
    shared = {x.text for x in a.risks} & {x.text for x in b.risks}
    assert shared
    assert all(texts.count(text) == 1 for text in shared)


def test_only_facts_that_differ_are_listed() -> None:
    page = beside(record("one", TRAIN), record("two", {**TRAIN, "examples": 50}))
    grid = page.sections[-1].blocks[0]
    assert isinstance(grid, Grid)
    assert [row[1:] for row in grid.rows] == [("500", "50")]


@pytest.mark.parametrize(("rows", "warned"), [("aaaa", False), ("bbbb", True)])
def test_scores_on_other_rows_are_not_held_against_each_other(rows: str, warned: bool) -> None:
    a, b = with_score(record("one", TRAIN), 0.9, "aaaa"), with_score(record("two", ASK), 0.7, rows)
    assert any("different held-out rows" in text for text in said(beside(a, b))) is warned


def test_two_languages_are_refused() -> None:
    with pytest.raises(InputError, match="two languages"):
        beside(record("one", TRAIN), record("two", ASK, "de"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_and_form_has_both(language: str) -> None:
    page = beside(record("one", TRAIN, language), record("two", TRAIN, language))
    for text in (page_html(page), page_markdown(page)):
        assert "(one)" in text
        assert "(two)" in text


def test_what_a_person_wrote_is_never_markup() -> None:
    a = record("one", TRAIN).model_copy(update={"title": "<script>alert(1)</script> | [x](http://evil.example)"})
    page = beside(a, record("two", ASK))
    assert "<script>" not in page_html(page)
    assert "[x](" not in page_markdown(page).replace("\\[x\\](", "")
