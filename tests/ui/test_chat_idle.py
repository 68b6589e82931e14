"""A deployment that stands idle is told in the conversation too, long after its job has ended."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from agent.case import Case
from tools.jobs import view
from tools.jobs.models import Deployment, JobReport, Notice
from tools.records import clock
from ui.chat.cards.blocks import Card
from ui.chat.cards.job import job_card
from ui.chat.journey import training
from ui.chat.show import Shown
from ui.chat.talk import Talk


def report(*codes: str, usd: Decimal | None = Decimal("1.70"), gone: bool = False) -> JobReport:
    known: dict[str, Any] = {
        n: None for n, f in JobReport.model_fields.items() if not f.is_required() or "None" in str(f.annotation)
    }
    since = clock.now() - timedelta(hours=25)
    deployed = Deployment(
        name="prod", since=since, person="ada", usd_per_hour=usd, price_source="x", price_checked_on=None
    )
    notices = tuple(Notice(at=clock.now(), code=code, text="said", problem="") for code in codes)
    return JobReport.model_construct(
        **{
            **known, "id": "job_1", "status": "succeeded", "state": "CONFIRMED", "backend": "azure", "technique": "sft",
            "base_model": "b", "message": "", "spent_usd": Decimal("1.5"), "cancel_requested": False, "events": (),
            "metrics": (), "notices": notices, "deployment": None if gone else deployed,
        }
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "zh"])
def test_it_is_said_with_its_cost_and_what_to_do(language: str) -> None:
    text = job_card(report("ended", "idle-x-1"), language=language).model_dump_json()
    for words in ("prod", "1.70" if language in ("en", "zh") else "1,70", "jobs deploy job_1 --gone"):
        assert words in text
    assert ("40.80" if language in ("en", "zh") else "40,80") in text, "a day"
    assert ("42.50" if language in ("en", "zh") else "42,50") in text, "so far"
    unpriced = job_card(report("idle-x-1", usd=None), language=language).model_dump_json()
    assert "jobs deploy job_1 --gone" in unpriced


@pytest.mark.parametrize("quiet", [report("ended"), report("idle-x-1", gone=True), report("idle-x-1", usd=Decimal(0))])
def test_it_is_not_said_before_its_time_nor_once_it_is_gone(quiet: JobReport) -> None:
    assert "--gone" not in job_card(quiet).model_dump_json()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The provider does not answer now"),
        ("de", "Der Anbieter antwortet gerade nicht"),
        ("es", "El proveedor no responde ahora"),
        ("fr", "Le fournisseur ne répond pas"),
        ("zh", "提供方现在没有响应"),
    ],
)
def test_a_provider_that_is_silent_is_said_while_the_job_runs(language: str, words: str) -> None:
    quiet = {"silent_since": datetime(2026, 11, 21, 19, 12, tzinfo=UTC)}
    running = report().model_copy(update={**quiet, "status": "running"})
    text = job_card(running, language=language).model_dump_json()
    assert words in text
    assert "19:12" in text or "7:12" in text
    assert words not in job_card(running.model_copy(update={"silent_since": None}), language=language).model_dump_json()
    assert words not in job_card(report().model_copy(update=quiet), language=language).model_dump_json()


async def test_an_open_window_learns_of_it_after_the_job_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    ends: list[str] = []
    reports = iter([report("ended"), report("ended"), report("ended", "idle-x-1")])
    windows = iter([True, True, False])

    async def repaint(shown: Shown, card: Card, **_: Any) -> None:
        painted.append(card.model_dump_json())

    async def ended(_talk: Talk, job: JobReport) -> None:
        ends.append(job.id)

    monkeypatch.setattr(training, "repaint", repaint)
    monkeypatch.setattr(training, "_ended", ended)
    monkeypatch.setattr(training, "AFTER_SECONDS", 0.01)
    monkeypatch.setattr(training, "on_screen", lambda _thread: next(windows))
    monkeypatch.setattr(view, "report", lambda *_: next(reports))
    talk = Talk("t1", "ann", Case(id="t1"))
    await asyncio.wait_for(training._paint(talk, "job_1", Shown("t1", Card(name="job", label="J", blocks=[]))), 10)
    assert "--gone" in painted[-1]
    assert "--gone" not in painted[0]
    assert ends == ["job_1"], "its end is told once"


async def test_two_conversations_with_one_job_each_learn_of_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[str] = []
    still_open = asyncio.Event()

    async def repaint(*_: Any, **__: Any) -> None:
        pass

    async def ended(talk: Talk, _job: JobReport) -> None:
        ends.append(talk.thread_id)
        if len(ends) == 1:
            await still_open.wait()  # the first painter is at work as long as its window is open

    monkeypatch.setattr(training, "repaint", repaint)
    monkeypatch.setattr(training, "_ended", ended)
    monkeypatch.setattr(training, "on_screen", lambda _thread: False)
    monkeypatch.setattr(training.view, "report", lambda *_: report("ended"))
    talks = [Talk(name, "local", Case(id=name), {"job_1": ["a", "b"]}, 0) for name in ("one", "two")]
    for talk in (*talks, *talks):  # a second click begins no second painter
        training.follow(talk, "job_1")
    tasks = [training._painted[talk.thread_id, "job_1"] for talk in talks]
    await asyncio.wait([tasks[1]], timeout=10)
    still_open.set()
    await asyncio.gather(*tasks)
    assert sorted(ends) == ["one", "two"]
