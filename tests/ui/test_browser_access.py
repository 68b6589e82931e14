"""Everybody can use it: keyboard only, a narrow screen, both themes, a screen reader."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_driver import Chat, Server
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SERIOUS = ("serious", "critical")


def some_cards(chat: Chat) -> None:
    chat.say("our support bot answers in a different tone every time, we have like 3k old tickets")
    chat.card("question")
    chat.say("just told it to be friendly")
    chat.card("recommendation")
    chat.say("Show me the whole way with the example data.")
    chat.click("rehearsal", "Base against tuned")
    chat.click("rehearsal-compared", "Run it live here")
    chat.click("findings", "What would training cost?")
    chat.card("cost")
    chat.click("findings", "Keep rows aside for the test")
    chat.click("split", "Plan a training job")
    chat.card("plan")
    open_details(chat)


def open_details(chat: Chat) -> None:
    for details in chat.page.locator(".fa-card details").all():
        details.evaluate("d => d.open = true")


def trained(chat: Chat) -> None:
    """From the plan to base against tuned."""
    chat.click("plan", "Approve and train on this computer ($0.00)")
    chat.card("job")
    chat.card("comparison", seconds=240)
    open_details(chat)


def decision_page(chat: Chat) -> Page:
    """The page for whoever decides, in a tab of its own."""
    chat.click("recommendation", "Write the page for a decision")
    link = chat.page.locator(".fa-card a[href^='/page/']").first
    link.wait_for()
    page = chat.context.new_page()
    page.goto(f"{chat.url}{link.get_attribute('href')}")
    return page


def violations(page: Page) -> list[str]:
    found: Any = Axe().run(page).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {node['html'][:160]}"
        for v in found
        if v["impact"] in SERIOUS
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_of_access(server: Server, window: Callable[..., Chat], scheme: str) -> None:
    chat = window(server, color_scheme=scheme, reduced_motion="reduce").open()
    assert violations(chat.page) == []
    some_cards(chat)
    chat.page.wait_for_timeout(500)
    assert violations(chat.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_job_comparison_page_and_shared_page_have_no_serious_fault_and_fit_320_px(
    server: Server, window: Callable[..., Chat], scheme: str
) -> None:
    chat = window(server, color_scheme=scheme, reduced_motion="reduce").open()
    some_cards(chat)
    trained(chat)
    assert violations(chat.page) == []
    page = decision_page(chat)
    assert violations(page) == []
    page.get_by_role("button", name="Make a read-only link").click()
    shared = page.locator("a[href*='/shared/']").first
    shared.wait_for()
    page.goto(str(shared.get_attribute("href")))
    assert page.get_by_role("button", name="Approve this page").count() == 0, "who was sent the link only reads"
    assert violations(page) == []
    for one in (chat.page, page):
        one.set_viewport_size({"width": 320, "height": 800})
        assert one.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_verdict_stands_above_the_question_after_it_and_in_view(server: Server, window: Callable[..., Chat]) -> None:
    chat = window(server, viewport={"width": 1280, "height": 700}, reduced_motion="reduce").open()
    chat.say(
        "our support bot answers in a different tone every time, we have 3k old tickets, one plain instruction tried"
    )
    chat.card("sharpen")
    chat.page.wait_for_timeout(800)
    names = [card.get_attribute("data-card") for card in chat.page.locator(".fa-card").all()]
    assert names == ["recommendation", "sharpen"]
    box = chat.card("recommendation").locator(".fa-sentence").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 400


def test_who_insists_is_heard_and_the_verdict_stands(server: Server, window: Callable[..., Chat]) -> None:
    chat = window(server).open()
    chat.say(
        "our support bot answers in a different tone every time, we have 3k old tickets, one plain instruction tried"
    )
    verdict = chat.card("recommendation").locator(".fa-sentence").inner_text()
    chat.say("I must fine-tune, my boss wants it")
    again = chat.card("recommendation", nth=2)
    assert again.locator(".fa-sentence").inner_text() == verdict
    assert "that is noted, and it is your decision" in again.inner_text()


@pytest.mark.parametrize("width", [390, 320])
def test_a_narrow_screen_never_scrolls_sideways(server: Server, window: Callable[..., Chat], width: int) -> None:
    chat = window(server, viewport={"width": width, "height": 844}).open()
    assert chat.sideways() == 0
    some_cards(chat)
    assert chat.sideways() == 0
    for card in chat.page.locator(".fa-card").all():
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_question_can_be_answered_with_the_keyboard_alone(server: Server, window: Callable[..., Chat]) -> None:
    chat = window(server).open()
    chat.say("our support bot answers in a different tone every time, we have like 3k old tickets")
    chat.card("question")
    for _ in range(60):
        chat.page.keyboard.press("Shift+Tab")
        focused = chat.page.evaluate("document.activeElement.textContent")
        if focused == "A plain instruction":
            break
    assert focused == "A plain instruction"
    outline = chat.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "the focus can be seen"
    box, composer = chat.page.locator(":focus").bounding_box(), chat.page.locator("#chat-input").bounding_box()
    assert box is not None
    assert composer is not None
    assert box["y"] + box["height"] <= composer["y"], "the focus is never under the composer"
    chat.page.keyboard.press("Enter")
    chat.card("recommendation")


def test_new_cards_are_told_politely_and_targets_are_large_enough(server: Server, window: Callable[..., Chat]) -> None:
    chat = window(server).open()
    chat.say("our support bot answers in a different tone every time, we have like 3k old tickets")
    chat.card("question")
    open_details(chat)
    told = chat.page.locator("[aria-live=polite].fa-told")
    assert "What have you tried with the prompt?" in told.inner_text()
    for button in chat.page.locator(".fa-card button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_a_new_card_comes_into_view_and_who_reads_further_up_is_left_alone(
    server: Server, window: Callable[..., Chat]
) -> None:
    chat = window(server, viewport={"width": 1280, "height": 600}, reduced_motion="reduce").open()
    some_cards(chat)
    chat.click("recommendation", "Explain this")
    explained = chat.card("explain")
    chat.page.wait_for_timeout(600)
    box = explained.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 600, "a click's answer is on the screen"
