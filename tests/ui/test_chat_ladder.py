"""The ladder in the chat: asked before it spends, shown while it runs, stopped and gone on, and every number opened."""

import asyncio
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ladder_wire import model_for, serving
from ladder_wire import topic_rows as rows

from agent.case import Case, Noted
from agent.page.proof import compared
from tools.errors import InputError, RefusedError
from tools.evals.guardrail import Guarded
from tools.evals.records import Sample
from tools.ladder.records import Arm
from ui.chat import render, work
from ui.chat.cards.blocks import Button, Buttons, Card, Details, Dots, Entries, Lines, Marked, Table
from ui.chat.cards.ladder import guardrail_card, ladder_card
from ui.chat.cards.ladder_rows import differences, paired
from ui.chat.clicks import CLICKS
from ui.chat.journey.where import wanted
from ui.chat.show import Shown
from ui.chat.talk import Talk
from ui.chat.uploads import add_ref, take_in
from ui.chat.words import words

ladder, after = (import_module(f"ui.chat.journey.{name}") for name in ("ladder", "ladder_after"))
N = 24
THERE = {"where": "endpoint", "usd_in": "1", "usd_out": "2"}


class Screen:
    """Every card that was sent or painted over, and what was said with them."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.said: list[str] = []

    async def announce(self, thread_id: str, *cards: Card, text: str = "") -> list[Shown]:
        self.cards += cards
        self.said.append(text)
        return [Shown(thread_id, card) for card in cards]

    async def repaint(self, shown: Shown, card: Card | None = None, *, keep: bool = True) -> None:
        self.cards.append(card or shown.card)

    async def vanish(self, shown: Shown) -> None:
        pass

    def __getitem__(self, name: str) -> Card:
        found = [c for c in self.cards if c.name == name]
        assert found, f"no card {name}; there are {[c.name for c in self.cards]}: {self.cards[-1:]}"
        return found[-1]

    def button(self, card: str, starts: str) -> Button:
        return next(b for b in buttons(self[card].blocks) if b.label.startswith(starts))


def buttons(blocks: Any) -> Iterator[Button]:
    for block in blocks:
        if isinstance(block, Buttons):
            yield from block.items
        if isinstance(block, Details):
            yield from buttons(block.blocks)


def of_kind(card: Card, kind: Any) -> list[Any]:
    return [b for b in card.blocks if isinstance(b, kind)]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    shown = Screen()
    for module in (work, ladder, after, render):
        monkeypatch.setattr(module, "announce", shown.announce)
    monkeypatch.setattr(work, "repaint", shown.repaint)
    monkeypatch.setattr(work, "vanish", shown.vanish)
    monkeypatch.setattr(work, "REPAINT_SECONDS", 0.05)
    return shown


@pytest.fixture
def talk(home: Path, tmp_path: Path) -> Talk:
    """A conversation with an advice and rows kept aside."""
    case = Case(id="t1")
    known = {"gaps": ["tone_style"], "prompt_effort": "single_prompt", "examples": 60}
    case.record({k: Noted(value=v, quote="", how="answered", turn=1) for k, v in known.items()}, kind="answered")
    parts = {"train": rows(1000, 60), "held_out": rows(0, N)}
    for name, made in {"all": [*parts["train"], *parts["held_out"]], **parts}.items():
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(r) + "\n" for r in made))
        if name == "all":
            take_in(case, file, "tickets.jsonl")
        else:
            add_ref(case, name, file, id_=f"d1.{name}")
    return Talk("t1", "ann", case)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A model that settings name."""
    with serving(model_for([*rows(1000, 60), *rows(0, N)])) as running:
        for name, value in {"BASE_URL": running.url, "MODEL": "some-model", "API_KEY": "sk-set"}.items():
            monkeypatch.setenv(f"ADVISOR_{name}", value)
        yield running


async def press(talk: Talk, button: Button, given: dict[str, str] | None = None) -> None:
    """What a click does, through to the end of the work it began."""
    payload = json.loads(json.dumps(button.payload)) | ({"given": given} if given else {})
    await CLICKS[button.action](talk, payload)
    while work._tasks:
        await asyncio.wait(set(work._tasks))
        await asyncio.sleep(0)


def asks(**kept: str) -> Button:
    return Button(label="", action="climb", payload={"dataset": "d1", "kept": {**THERE, **kept}})


def questions(wire: Any) -> list[str]:
    return [json.dumps(body, sort_keys=True) for body in wire.requests]


async def test_the_budget_is_asked_before_anything_is_sent(talk: Talk, screen: Screen, wire: Any) -> None:
    await press(talk, asks())
    assert wire.requests == []
    card = screen["ladder-plan"]
    text = card.model_dump_json()
    go = screen.button("ladder-plan", "Measure for at most $")
    allowed = Decimal(go.payload["kept"]["budget"])
    assert abs(allowed - Decimal(go.label.rpartition("$")[2])) < Decimal("0.0001"), "the sum on the button is the limit"
    assert "Nothing leaves this computer" in text
    assert "How long it takes is unknown" in text, "nothing was timed yet, and unknown is not 0"
    assert [r for r in of_kind(card, Table)[0].rows if "training job" in r[3] or r[0] == "tuned model"], (
        "a rung that cannot run says why"
    )
    (form,) = [b for d in of_kind(card, Details) for b in d.blocks if isinstance(b, Entries)]
    await press(talk, Button(label="", action=form.action, payload=form.payload), {"budget": "0.001", "rows": "10"})
    assert "is below the worst case" in screen["ladder-plan"].model_dump_json()
    assert screen.button("ladder-plan", "Measure for at most").payload["kept"]["budget"] == "0.001"
    await press(talk, asks(address="https://elsewhere.example/v1", model="m"))
    said = f"Sent to elsewhere.example: your {N} held-out rows without their answers"
    assert said in screen["ladder-plan"].model_dump_json()
    assert wire.requests == []


async def test_unknown_prices_are_said_and_accepted_as_unknown(talk: Talk, screen: Screen, wire: Any) -> None:
    await press(
        talk, Button(label="", action="climb", payload={"dataset": "d1", "kept": {"where": "endpoint", "rows": "6"}})
    )
    assert "What they cost is unknown" in screen["ladder-plan"].model_dump_json()
    await press(talk, screen.button("ladder-plan", "Measure, cost unknown"))
    table = of_kind(screen["ladder"], Table)[0]
    costs = {row[0].split(" · ")[1]: row[4] for row in table.rows}
    assert costs["plain prompt"] == "unknown"
    by_cost = of_kind(screen["ladder"], Dots)[0]
    assert "unknown of: plain prompt" in by_cost.title
    assert "plain prompt" not in " ".join(d.name for d in by_cost.dots), "unknown is not drawn at 0"


async def test_a_yes_measures_every_rung_each_number_opens_its_rows_and_the_curve_prices_more_of_them(
    talk: Talk, screen: Screen, wire: Any
) -> None:
    await press(talk, asks())
    await press(talk, screen.button("ladder-plan", "Measure for at most"))
    card = screen["ladder"]
    table, (cost, latency) = of_kind(card, Table)[0], of_kind(card, Dots)
    measured = {row[0]: row for row in table.rows}
    assert len(measured) == 10
    for chart in (cost, latency):
        named = {f"{d.mark} · {d.name.split(':')[0]}" for d in chart.dots}
        assert named == {name.removesuffix(" (control)") for name in measured}, "the table behind the chart"
        assert {d.control for d in chart.dots if d.name.startswith(("always", "the same"))} == {True}
        assert {d.control for d in chart.dots if d.name.startswith(("plain", "the most"))} == {False}
        assert all(d.low is not None and d.low <= d.y <= d.high for d in chart.dots), "each with its interval"
    assert [a for a in talk.case.facts if talk.case.facts[a].how == "measured"], "the recommendation has them"
    assert "With this measured, my advice" in screen["recommendation"].model_dump_json()
    rungs = [b for b in buttons(card.blocks) if b.action == "rows"]
    assert len(rungs) == len(measured)
    await press(talk, next(b for b in rungs if b.label == "the most similar rows as examples"))
    opened = screen["ladder-rows"]
    assert f"rows 1 to 8 of {N}" in opened.model_dump_json()
    first = of_kind(opened, Marked)[:3]
    assert [m.label.split(" · ")[0] for m in first] == [
        "wanted", "the most similar rows as examples", "plain prompt"
    ]  # fmt: skip
    assert first[1].label.endswith("right")
    assert first[2].label.endswith("wrong"), "rows where they differ come first"
    await press(talk, screen.button("ladder-rows", "More rows"))
    assert f"rows 9 to 16 of {N}" in screen["ladder-rows"].model_dump_json()

    # Would more rows help? Asked first too.
    before = len(wire.requests)
    await press(talk, screen.button("ladder", "Would more rows help?"))
    assert len(wire.requests) == before
    await press(talk, screen.button("ladder-curve-plan", "Measure for at most $"))
    (chart,) = of_kind(screen["ladder-curve"], Lines)
    assert [r[0] for r in chart.table.rows] == ["15", "30", "60", "120"]
    assert [s.name for s in chart.series][1] == "forecast"
    assert chart.table.rows[-1][3].startswith("gain "), "the interval is of the gain, and says so"
    assert len(chart.band) == 3
    text = screen["ladder-curve"].model_dump_json()
    assert "Labelling 60 more rows costs $" in text
    assert "minutes and wages are assumed" in text


async def test_beside_a_tuned_model_what_must_not_get_worse_is_measured_by_itself(
    talk: Talk, screen: Screen, wire: Any
) -> None:
    await press(talk, asks(tuned="tuned-x"))
    planned = {row[0]: row for row in of_kind(screen["ladder-plan"], Table)[0].rows}
    assert int(planned["what must not get worse: general abilities"][1]) > 60
    await press(talk, screen.button("ladder-plan", "Measure for at most"))
    card = screen["ladder"]
    text = card.model_dump_json()
    assert "tuned model" in text
    assert "Guardrail general abilities: no loss is shown. Of" in text
    await press(talk, next(b for b in buttons(card.blocks) if b.label == "Rows: general abilities"))
    assert [m.label.split(" · ")[0] for m in of_kind(screen["ladder-rows"], Marked)[:3]] == [
        "wanted", "tuned model", "base model"
    ]  # fmt: skip
    task, guardrail = compared(talk.case, {"tuned_here": "tuned", "few_shot": "examples"})
    assert (task.baseline, task.candidate) == ("examples", "tuned"), "probes are no way of doing the task"
    assert (guardrail.baseline, guardrail.candidate) == ("guardrail-general/base", "guardrail-general/tuned")


@pytest.mark.parametrize(
    ("forgot", "gained", "says", "tone"),
    [
        (
            ["arithmetic"],
            True,
            "Bei der Aufgabe ist das getunte Modell besser. Anderswo wurde es aber schlechter: ",
            "stop",
        ),
        (["arithmetic"], False, "Leitplanke allgemeine Fähigkeiten: schlechter bei Rechnen", "stop"),
        ([], True, "Leitplanke allgemeine Fähigkeiten: Es zeigt sich kein Verlust", "wait"),
    ],
)
def test_a_gain_with_a_loss_is_one_sentence(forgot: list[str], gained: bool, says: str, tone: str) -> None:
    guarded = Guarded(
        probes="general", base="t/base", tuned="t/tuned", n=48, difference=-0.1, ci_low=-0.2, ci_high=0.0,
        lost=5, won=0, forgot=forgot,
    )  # fmt: skip
    card = guardrail_card([guarded], gained, "de")
    assert card.blocks[0].sentence.startswith(says)  # type: ignore[union-attr]
    assert card.blocks[0].tone == tone  # type: ignore[union-attr]


async def test_stopped_it_goes_on_where_it_was_and_asks_nothing_twice(talk: Talk, screen: Screen, wire: Any) -> None:
    def stop_soon() -> None:
        if len(wire.requests) == 2 * N:
            for one in list(work._running):
                work.stop(one)

    wire.script = model_for([*rows(1000, 60), *rows(0, N)], seconds=0.03, before=stop_soon)
    await press(talk, asks())
    await press(talk, screen.button("ladder-plan", "Measure for at most"))
    assert not any(c.name == "ladder" for c in screen.cards)
    moving = [c for c in screen.cards if c.name == "progress" and "now" in c.model_dump_json()]
    assert moving, "each rung and how far it is"
    again = screen.button("progress", "Go on where it was")
    first = len(wire.requests)
    assert first < 4 * N
    await press(talk, again)
    assert len(of_kind(screen["ladder"], Table)[0].rows) == 10
    asked = questions(wire)
    twice = {q for q in asked if asked.count(q) > 1}
    assert len(asked) - len(set(asked)) <= 4, f"only what was under way at the stop: {len(twice)}"


async def test_after_a_restart_the_same_card_goes_on(talk: Talk, screen: Screen, wire: Any) -> None:
    await press(talk, asks())
    go = screen.button("ladder-plan", "Measure for at most")
    wire.script = model_for([*rows(1000, 60), *rows(0, N)], seconds=0.02)
    await press(talk, go)
    as_it_was = next(c for c in screen.cards if c.name == "progress").props()
    thread = {"elements": [{"props": as_it_was}]}
    work.close_interrupted(thread)
    text, *rest = thread["elements"][0]["props"]["blocks"]
    assert "ended when the server stopped" in text["text"]
    asked = len(wire.requests)
    await press(talk, Button.model_validate(rest[0]["items"][0]))
    assert len(wire.requests) == asked, "everything was measured: shown, not asked again"
    assert sum(c.name == "ladder" for c in screen.cards) == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"budget": "much"}, "budget 'much'"),
        ({"usd_in": "-1"}, "usd_in '-1'"),
        ({"usd_out": "nan"}, "usd_out 'nan'"),
        ({"rows": "0"}, "rows '0'"),
        ({"rows": "2.5"}, "rows '2.5'"),
    ],
)
def test_a_number_that_is_none_is_named(given: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wanted({}, given)
    assert wanted({}, {"budget": "0,5"}).budget == Decimal("0.5")


def test_another_model_does_not_inherit_prices_or_budget() -> None:
    kept = {"where": "endpoint", "usd_in": "1", "usd_out": "2", "budget": "3"}
    assert wanted(kept, {"model": "other"}).kept() == {"where": "endpoint", "model": "other"}
    assert wanted(kept, {"rows": "5"}).budget == Decimal(3)


@pytest.mark.parametrize("fact", ["data_must_stay_inside", "offline_required"])
async def test_data_that_must_stay_is_not_sent_elsewhere(
    talk: Talk, screen: Screen, monkeypatch: pytest.MonkeyPatch, fact: str
) -> None:
    talk.case.record({fact: Noted(value=True, quote="it must stay", how="answered", turn=1)}, kind="answered")
    await press(talk, asks(address="https://elsewhere.example/v1", model="m"))
    assert "the data must not leave" in screen["problem"].model_dump_json()
    monkeypatch.setenv("ADVISOR_SIGN_IN", "password")
    await press(talk, asks(address="http://127.0.0.1:9/v1", model="m"))
    assert "for you alone" in screen["problem"].model_dump_json()


def test_the_same_ladder_is_not_measured_twice_at_a_time() -> None:
    with ladder.alone("x"), pytest.raises(RefusedError, match="already"), ladder.alone("x"):
        pass
    with ladder.alone("x"):
        pass


async def test_rows_of_another_conversation_stay_closed(talk: Talk) -> None:
    with pytest.raises(InputError, match="nothing of that name"):
        await after.rows(talk, "somebody/else", "", 0)


def test_where_two_answers_differ_is_marked_word_by_word() -> None:
    def tones(answer: str, target: str) -> list[tuple[str, str]]:
        return [(p.text, p.tone) for p in differences(answer, target, words("en")) if p.text.strip()]

    assert tones("the red car", "the blue car") == [
        ("the ", "plain"),
        ("blue", "good"),
        ("red", "bad"),
        (" car", "plain"),
    ]
    assert tones("I am happy to help", "billing") == [("I am happy to help", "bad")]
    assert tones("billing", "billing") == [("billing", "plain")]


def test_rows_that_teach_come_first() -> None:
    def row(i: str, score: float) -> Sample:
        return Sample(i, None, None, "q", "t", completion="a", score=score)

    one = [row("both right", 1), row("both wrong", 0), row("lost", 0), row("won", 1)]
    two = [row("both right", 1), row("both wrong", 0), row("lost", 1), row("won", 0)]
    assert [p.one.sample_id for p in paired(one, two)] == ["lost", "won", "both wrong", "both right"]


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "zh"])
def test_the_chart_keeps_numbers_apart_and_says_it_in_every_language(language: str) -> None:
    from tools.ladder.records import LadderResult
    from tools.ladder.say import Line

    close = [("plain", 0.2, "0.100"), ("few_shot", 0.7, "0.101"), ("retrieval", 0.8, "0.102"), ("majority", 0.1, "0")]
    arms = [
        Arm.model_validate(
            {"name": n, "kind": "control" if n == "majority" else "arm", "eval": n, "n": 40, "score": s,
             "ci_low": s - 0.1, "ci_high": s + 0.1, "usd_per_1000_requests": usd, "latency_ms": 100}
        )
        for n, s, usd in close
    ]  # fmt: skip
    result = LadderResult.model_construct(
        arms=arms, because=Line(key="nothing_measured"), metric="accuracy", n=40, best_without_tuning="plain", minded=[]
    )
    card: Callable[..., Card] = ladder_card
    shown = card(result, target=0.9, payload={"dataset": "d1"}, actions=[], language=language)
    cost, latency = of_kind(shown, Dots)
    at = sorted(d.at for d in cost.dots)
    assert min(b - a for a, b in pairwise(at)) > 0.09
    assert at[0] == 0, "nothing to pay stands at the beginning"
    assert len(latency.ticks) == 1, "all the same: said once"


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "zh"])
def test_the_way_to_a_tuned_model_is_a_button_here_and_no_command(language: str) -> None:
    from tools.ladder.records import PlannedArm
    from tools.ladder.say import line
    from ui.chat.cards.ladder_plan import _row

    arm = PlannedArm.model_construct(name="tuned", known=0, requests=0, worst_case_usd=None, why_not=line("no_tuned"))
    w = words(language)
    said = _row("tuned", arm, w)[-1]
    assert w("do.plan") in said
    assert "finetune-advisor" not in said
