"""The ladder in the browser: what it may cost, stopped and gone on, the chart, the rows behind it, the curve."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_driver import Chat, Server
from conftest import SHOTS, TICKETS
from ladder_wire import model_for, serving
from test_browser_access import open_details, violations
from test_browser_gallery import BEYOND_THE_CARD, WORDS_OVER_WORDS

pytestmark = pytest.mark.browser


def looked_at(chat: Chat, card: str) -> None:
    """A card at a desk and on a telephone: nothing cut, nothing over anything, no serious fault of access."""
    path = chat.thread_path
    for width in (1280, 390):
        chat.page.set_viewport_size({"width": width, "height": 900})
        chat.open(path).card(card)
        open_details(chat)
        chat.page.wait_for_timeout(300)
        if SHOTS:
            chat.page.set_viewport_size({"width": width, "height": 4000})
            chat.card(card, nth=chat.count(card)).screenshot(path=Path(SHOTS) / f"{card}-{width}.png")
            chat.page.set_viewport_size({"width": width, "height": 900})
        assert violations(chat.page) == [], f"{card}, {width} px"
        assert chat.sideways() == 0, f"{card}, {width} px"
        assert chat.page.evaluate(BEYOND_THE_CARD) == [], f"{card}, {width} px"
        assert chat.page.evaluate(WORDS_OVER_WORDS) == [], f"{card}, {width} px"
    chat.page.set_viewport_size({"width": 1280, "height": 900})
    chat.open(path)


def test_from_a_budget_to_a_chart_whose_numbers_open_their_rows(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    rows = [json.loads(line) for line in TICKETS.read_text().splitlines()]
    with serving(model_for(rows, seconds=0.05)) as wire:
        chat = window(own_server()).open()
        chat.drop(TICKETS)
        chat.click("findings", "Keep rows aside for the test", seconds=90)
        chat.click("split", "Measure every rung: the ladder")
        plan = chat.card("ladder-plan", seconds=90)
        assert "Nothing leaves this computer" in plan.inner_text()
        plan.get_by_text("Measure something else, or set a budget").click()
        given = {"Model": "some-model", "Address": wire.url, "tokens in": "0.4", "tokens out": "1.6"}
        for label, text in given.items():
            plan.get_by_label(re.compile(f"^(USD per million )?{label}( \\(.*)?$")).fill(text)
        plan.get_by_role("button", name="Reckon again").click()
        chat.card("ladder-plan", nth=2)
        assert wire.requests == [], "nothing is measured before a yes"
        looked_at(chat, "ladder-plan")
        chat.card("ladder-plan", nth=2).get_by_role("button", name="Measure for at most").click()
        chat.card("progress").get_by_text("examples in the prompt").wait_for()
        if SHOTS:
            chat.card("progress").screenshot(path=Path(SHOTS) / "ladder-progress.png")
        chat.click("progress", "Stop")
        chat.click("progress", "Go on where it was")
        chart = chat.card("ladder", seconds=120)
        assert chart.locator("svg[role=img]").count() == 2
        assert chart.locator(".fa-dot-control").count() == chart.locator(".fa-dot-control rect").count() > 0
        looked_at(chat, "ladder")
        chart.get_by_text("The rows behind each number").click()
        chart.get_by_role("button", name="the most similar rows as examples", exact=True).click()
        chat.card("ladder-rows")
        looked_at(chat, "ladder-rows")
        chat.card("ladder").get_by_role("button", name="Would more rows help?").click()
        chat.card("ladder-curve-plan").get_by_role("button", name="Measure for at most").click()
        curve = chat.card("ladder-curve", seconds=120)
        assert "Labelling" in curve.inner_text()
        looked_at(chat, "ladder-curve")
