"""Long work beside the talk: shown, stopped, failed in one clear line, and said after a restart."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tools.errors import CancelledError, InputError
from tools.progress import Progress
from ui.chat import handlers, work
from ui.chat.cards.blocks import Card
from ui.chat.show import Shown
from ui.chat.words import words


class Screen:
    """What would be sent to windows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[Card] = []
        self.painted: list[Card] = []
        self.gone = 0
        for name in ("announce", "repaint", "vanish"):
            monkeypatch.setattr(work, name, getattr(self, name))
        monkeypatch.setattr(work, "REPAINT_SECONDS", 0.02)

    async def announce(self, thread_id: str, *cards: Card, text: str = "") -> list[Shown]:
        self.said += cards
        return [Shown(thread_id, card) for card in cards]

    async def repaint(self, shown: Shown, card: Card | None = None, *, keep: bool = True) -> None:
        self.painted.append(card or shown.card)

    async def vanish(self, shown: Shown) -> None:
        self.gone += 1

    @property
    def lines(self) -> str:
        return "\n".join(c.model_dump_json() for c in [*self.said, *self.painted])


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    return Screen(monkeypatch)


async def finished(doing: Callable[[Progress], Any]) -> list[Any]:
    results: list[Any] = []

    async def then(result: Any) -> None:
        results.append(result)

    work.in_background("t1", "Counting", doing, then)
    while work._tasks:
        await asyncio.wait(set(work._tasks))
        await asyncio.sleep(0)
    return results


async def test_quick_work_shows_its_result_only(screen: Screen) -> None:
    assert await finished(lambda _: 7) == [7]
    assert (screen.said, screen.painted) == ([], [])


async def test_long_work_shows_how_far_it_is_and_then_goes(screen: Screen) -> None:
    def slow(progress: Progress) -> str:
        for i in range(6):
            progress(i, 6, f"{i} of 6")
            threading.Event().wait(0.12)
        return "done"

    assert await finished(slow) == ["done"]
    assert screen.said[0].name == "progress"
    assert "of 6" in screen.lines
    assert screen.gone == 1


async def test_stop_ends_work_at_its_next_report(screen: Screen) -> None:
    reached: list[int] = []

    def endless(progress: Progress) -> None:
        for i in range(10_000):
            reached.append(i)
            progress(i, 10_000)
            threading.Event().wait(0.01)

    doing = asyncio.create_task(finished(endless))
    while not work._running:
        await asyncio.sleep(0.01)
    assert work.stop(next(iter(work._running)))
    assert await doing == []
    assert len(reached) < 10_000
    assert not work.stop("no such work")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (InputError("it is empty", where="a.jsonl", remedy="Drop another."), "a.jsonl: it is empty. Drop another."),
        (CancelledError("stopped"), "stopped."),
        (RuntimeError("canary /secret/path row 17"), "Something went wrong on our side"),
    ],
)  # fmt: skip
async def test_a_failure_is_one_clear_line(screen: Screen, error: Exception, shown: str) -> None:
    def fail(_: Progress) -> None:
        raise error

    assert await finished(fail) == []
    assert shown in screen.lines
    assert "canary" not in screen.lines


async def test_a_failure_while_the_result_is_shown_is_said_too(screen: Screen) -> None:
    async def then(_: Any) -> None:
        raise RuntimeError("canary")

    work.in_background("t1", "Counting", lambda _: 1, then)
    while work._tasks:
        await asyncio.wait(set(work._tasks))
        await asyncio.sleep(0)
    assert "Something went wrong on our side" in screen.lines
    assert "canary" not in screen.lines


def test_work_that_a_restart_ended_is_said_when_the_thread_comes_back() -> None:
    running = work._progress_card("alive", {"share": 0.5, "text": "Measuring: 3 of 6"}, words("en")).props()
    ended = work._progress_card("dead", {"share": 0.5, "text": "Measuring: 3 of 6"}, words("en")).props()
    other = Card(name="score", label="Score", blocks=[]).props()
    work._running["alive"] = work.Stoppable()
    thread = {"elements": [{"props": running}, {"props": ended}, {"props": other}, {"props": None}]}
    try:
        work.close_interrupted(thread)
    finally:
        work._running.pop("alive")
    said = [(e["props"] or {}).get("blocks") for e in thread["elements"]]
    assert said[0] == running["blocks"]
    assert said[1][0]["text"].startswith("Measuring: ended when the server stopped.")
    assert said[2] == []


@pytest.mark.parametrize(
    ("what", "language", "read"),
    [
        ("there is no file in this conversation yet", "en", "There is no file in this conversation yet."),
        ("there is no file in this conversation yet", "de", "In diesem Gespräch gibt es noch keine Datei."),
        ("n_epochs is not a number", "en", "n_epochs is not a number."),  # a name stays as it is written
    ],
)
def test_a_problem_is_a_sentence_in_the_readers_language(what: str, language: str, read: str) -> None:
    assert read in work.problem_card(InputError(what), language).model_dump_json()


async def test_an_error_is_told_also_where_the_talk_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def damaged() -> None:
        raise ValueError("canary")

    monkeypatch.setattr(handlers, "_talk", damaged)
    monkeypatch.setattr(handlers, "_first_words", lambda: words("de"))
    card = await handlers._problem(ValueError("canary"))
    assert (card.name, card.language) == ("problem", "de")
    assert "canary" not in caplog.text + card.model_dump_json()
