"""What the jobs' own code says is said in five languages: each sentence that stands in it, and whole cards."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import agent.said
from agent.said import said
from knowledge.said_words import LANGUAGES
from tools.jobs.deployment import record
from tools.jobs.models import Deployment, Job
from tools.jobs.notices.milestones import passed

JOBS = Path(__file__).parents[2] / "tools" / "jobs"
FILES = sorted([*JOBS.glob("*.py"), *(JOBS / "backends" / f"{n}.py" for n in ("base", "local", "openai_wire"))])
"""Where what is shown of a job is worded. A backend's own words for its provider's faults stay as they are."""
ENGLISH = re.compile(r"\b(?:the|of|is|are|not|with|for|and|was|has|by|its|it|no|to|an|in|on|at)\b(?!-)")
NOBODY_READS = re.compile(r"^(--why )|%s|\\b")
"""The end of a command, a line of the log, a pattern."""
PARTS = {" USD are spent or reserved already", "The provider refused: ", " USD is more than the cap"}
"""Of sentences that are put together; whole, they stand in WHOLE."""
WHOLE = (
    "The provider refused: Rate limit reached (429). Nothing was bought. It may be tried again in 30 s.",
    "6 USD is more than the cap for ada on one day (UTC) allows (6 USD, 6.00 USD are spent or reserved already)",
    "50.01 USD is more than the cap for a job allows (50 USD)",
    "Validation loss has risen for 3 evaluations: 1.200 at step 5, 1.300 at step 10.",
    "Cancelled by the plan's stop rule: the training loss is no longer a number from step 7.",
    "the provider could not be asked: the provider did not answer in time. It is asked again by itself, and the job "
    "goes on there; it stands as at 2026-11-21 22:41 UTC",
    "the provider answered 502: <html>; whether a job exists is being looked up, and nothing is sent again meanwhile",
    "ada says that it is gone at the provider, which billed 1.50 USD: looked there",
)


def sentences(file: Path) -> Iterator[tuple[str, str]]:
    """Every text of three words or more that a person may read: as it stands, and with 5 for each value in it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    inside |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [v.value if isinstance(v, ast.Constant) else None for v in node.values]
            bare, filled = "".join(str(p or "") for p in pieces), "".join("5" if p is None else str(p) for p in pieces)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            bare = filled = node.value
        else:
            continue
        if len(filled.split()) > 2 and ENGLISH.search(filled) and not NOBODY_READS.search(filled):
            yield bare, filled.strip(" ,;")


def in_english(text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Languages in which a piece of an English sentence is left."""
    left: list[str] = []

    def noted(piece: str, _language: str) -> str:
        left.append(piece)
        return piece

    monkeypatch.setattr(agent.said, "_left", noted)
    found = []
    for language in LANGUAGES:
        agent.said._said.cache_clear()
        left.clear()
        said(text, language)
        if any(ENGLISH.search(piece) and len(piece.split()) > 2 for piece in left):
            found.append(language)
    agent.said._said.cache_clear()
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_each_sentence_of_a_job_is_said_in_every_language(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [
        text for bare, text in sentences(file) if not any(p in bare for p in PARTS) and in_english(text, monkeypatch)
    ]
    assert missing == []


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_put_together_is_said_whole(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_english(text, monkeypatch) == []


def test_the_test_sees_a_sentence_that_no_language_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new.py"
    file.write_text('"""Not this."""\nx = f"the new thing {1} is not said"\n')
    [(_, text)] = sentences(file)
    assert in_english(text, monkeypatch) == list(LANGUAGES)


def milestones() -> Iterator[str]:
    """Each milestone with and without a sum and a time."""
    statuses = ("running", "paused", "succeeded", "failed", "cancelled", "refused", "needs_human", "lost_contact")
    for status, spent, left in product(statuses, (None, Decimal("1.50")), (None, 30.0, 300.0)):
        given: dict[str, Any] = {
            "id": "job_1",
            "technique": "sft",
            "base_model": "/x/tiny",
            "backend": "local",
            "attempt": 1,
        }
        job = Job.model_construct(
            **given, started_at=datetime.now(UTC), step=5, total_steps=10, seconds_left_low=left,
            seconds_left_high=left, spent_usd=spent, status=status, cancel_requested=status == "cancelled",
            message="Cancelled by the plan's stop rule: x",
        )  # fmt: skip
        yield from (m.text for m in passed(job))
    for rate in (None, Decimal("1.70")):
        stands: dict[str, Any] = {"name": "prod", "usd_per_hour": rate}
        deployed = Deployment.model_construct(**stands)
        yield record._words(job, deployed, 30.0)


@pytest.mark.parametrize("text", sorted(set(milestones())))
def test_each_milestone_is_said_in_every_language(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_english(text, monkeypatch) == []
    assert [language for language in LANGUAGES if "sft of" in said(text, language)] == []


def test_what_is_left_is_told_in_seconds_where_minutes_would_say_none() -> None:
    half_way = [text for text in milestones() if text.startswith("Half way")]
    assert any("30 to 30 s left" in text for text in half_way)
    assert any("5 to 5 min left" in text for text in half_way)
    assert not any("0 to 0 min" in text for text in half_way)
