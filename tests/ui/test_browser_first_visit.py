"""A newcomer on a telephone: nothing fails at the first opening, one question at a time, and a reload comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_driver import Chat, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_newcomer_on_a_telephone(server: Server, chromium: Any) -> None:
    context = chromium.new_context(locale="es", viewport={"width": 390, "height": 844})
    try:
        chat, failed = Chat(context, server.url), []
        chat.page.on("console", lambda m: failed.append(m.text) if m.type == "error" else None)
        chat.page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
        chat.open()
        assert failed == []
        assert chat.page.locator("#user-nav-button img").get_attribute("src") == "/public/avatars/you.svg"

        chat.say("¿Debería hacer fine-tuning?")
        chat.card("question")
        chat.page.wait_for_url("**/thread/*")
        chat.say("el bot responde cada vez con otro tono")
        chat.card("question", nth=2)
        chat.page.locator(".fa-card-question").first.get_by_text("Respondido").wait_for()
        assert live(chat) == 1
        chat.click("question", "¿Por qué lo pregunta?", nth=2)
        chat.page.get_by_text("Por qué lo pregunto").wait_for()
        chat.page.wait_for_timeout(1000)
        assert live(chat) == 1
        assert chat.page.get_by_text("Pregunta 2 de 9").count() == 1

        chat.page.reload()
        chat.card("question", nth=2)
        assert live(chat) == 1
        chat.page.wait_for_load_state("networkidle")
        chat.page.wait_for_selector("#upload-button[aria-label]")
        worst = [v for v in Axe().run(chat.page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert [n["html"] for v in worst for n in v["nodes"]] == []
        chat.click("question", "Nada todavía", nth=2)
        chat.card("recommendation")
        assert failed == []
    finally:
        context.close()


def test_a_server_that_is_killed_while_somebody_writes_leaves_the_window_where_it_was(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    server = own_server()
    chat = window(server).open()
    chat.say("our bot answers in a different tone every time, we have 3k tickets")
    chat.card("question")
    path = chat.thread_path
    server.kill()
    # As Chainlit asks whenever somebody writes. Not awaited here: there is no answer yet.
    chat.page.evaluate("() => { fetch('/user').then(() => { window.answered = true }) }")
    chat.page.wait_for_timeout(2500)
    server.restart()
    chat.page.wait_for_function("window.answered")
    assert chat.page.url.endswith(path)
    again = window(server).open(path)
    again.card("question")


def live(chat: Chat) -> int:
    """Questions that can be answered with a click."""
    return chat.page.locator(".fa-card-question:has(button:not([disabled]))").count()
