"""The plan's card in the browser: what will be learnt is marked before anybody approves."""

from collections.abc import Callable

import pytest
from browser_driver import Chat, Server
from conftest import TICKETS

pytestmark = pytest.mark.browser


def test_the_plan_shows_which_text_is_learnt(own_server: Callable[..., Server], window: Callable[..., Chat]) -> None:
    chat = window(own_server()).open()
    chat.drop(TICKETS)
    chat.click("findings", "Keep rows aside for the test")
    chat.click("split", "Plan a training job")
    plan = chat.card("plan", seconds=120)
    plan.get_by_text("The first batch: what is learnt.").click()
    mark = plan.locator("mark").first
    mark.wait_for()
    mark.scroll_into_view_if_needed()
    assert mark.get_attribute("aria-label").startswith("learnt: ")
    assert mark.inner_text().strip()
    assert "only read" in plan.inner_text()
    assert "Memory needed" in plan.inner_text()
    assert chat.button("plan", "Approve and train on this computer ($0.00)").is_enabled()
