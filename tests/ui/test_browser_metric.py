"""What a good answer is, settled in the browser before anything is measured."""

import os
from collections.abc import Callable

import pytest
from browser_driver import Chat, Server
from conftest import TICKETS

pytestmark = pytest.mark.browser


def test_a_metric_is_proposed_changed_and_accepted_before_anything_is_measured(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    server = own_server()
    chat = window(server).open()
    chat.drop(TICKETS)
    chat.click("findings", "Keep rows aside for the test")
    card = chat.card("metric")
    text = card.inner_text()
    assert "accuracy, macro-F1" in text
    assert "I would say:" in text
    assert "Must not get worse" in text
    card.get_by_label("Goal: a score of at least (0 to 1)").fill("many")
    chat.click("metric", "Change, then accept")
    chat.page.get_by_text("Give one number from 0 to 1").wait_for()
    card.get_by_label("Goal: a score of at least (0 to 1)").fill("0.9")
    if folder := os.environ.get("SHOTS"):
        chat.page.screenshot(path=f"{folder}/metric.png", full_page=True)
    chat.click("metric", "Change, then accept")
    accepted = chat.card("metric-accepted")
    assert "version 1" in accepted.inner_text()
    assert "a score of at least 0.9" in accepted.inner_text()
    (file,) = (server.home / "metrics").glob("*/v1.yaml")
    assert "at_least: 0.9" in file.read_text()
    accepted.get_by_role("button", name="Measure the base model first").wait_for()
    if folder:
        chat.page.screenshot(path=f"{folder}/accepted.png", full_page=True)
