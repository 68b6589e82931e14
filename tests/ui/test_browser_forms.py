"""The screen in every form people use it in: another language, a dragged file, magnified, forced colours, no motion."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_driver import Chat, Server
from conftest import TICKETS

from ui.chat.words import words

pytestmark = pytest.mark.browser
DROPPED = """async ([name, text]) => {
  const data = new DataTransfer()
  data.items.add(new File([text], name, { type: 'application/json' }))
  const under = document.elementFromPoint(innerWidth / 2, innerHeight / 3)
  for (const kind of ['dragenter', 'dragover', 'drop']) {
    under.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }))
    await new Promise((done) => setTimeout(done, 300))
  }
}"""
COUNTS_CHOOSERS = """() => {
  window.choosers = 0
  HTMLInputElement.prototype.click = () => { window.choosers += 1 }
  window.showOpenFilePicker = () => { window.choosers += 1; return Promise.reject(new DOMException('', 'AbortError')) }
}"""
"""A window of the system's own cannot be driven: it is enough that it would open."""
TASK = "our support bot answers in a different tone every time, we have like 3k old tickets"


def test_the_language_of_the_screen_is_chosen_kept_and_turns_an_open_conversation(
    server: Server, window: Callable[..., Chat]
) -> None:
    chat = window(server, locale="en-GB").open()
    assert words("en")("start.should_i") in chat.text()
    chat.page.locator(".fa-language select").select_option("fr")
    chat.page.get_by_role("button", name=words("fr")("start.should_i"), exact=True).wait_for()
    assert chat.page.locator("html").get_attribute("lang") == "fr"
    chat.say(TASK)  # said in English: the conversation answers in English, the frame stays French
    chat.card("question")
    path = chat.thread_path
    chat.page.locator(".fa-language select").select_option("de")
    chat.page.wait_for_function("document.documentElement.lang === 'de'")
    chat.open(path)
    chat.command("link")
    assert words("de")("link.what") in chat.card("link").inner_text()


def test_a_file_is_brought_by_dragging_it_onto_the_window_and_by_keyboard(
    server: Server, window: Callable[..., Chat]
) -> None:
    chat = window(server).open()
    rows = [
        {"messages": [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": "a"}]} for i in range(30)
    ]
    chat.page.evaluate(DROPPED, ["dragged.jsonl", "\n".join(map(json.dumps, rows))])
    chat.page.wait_for_selector("#chat-submit:not([disabled])")
    chat.page.click("#chat-submit")
    assert "dragged.jsonl" in chat.card("findings").inner_text()

    chat.page.evaluate(COUNTS_CHOOSERS)
    chat.page.locator("#chat-input").focus()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")
    chat.page.wait_for_function("window.choosers === 1")
    chat.drop(TICKETS)
    clean = chat.card("findings", nth=2).inner_text()
    assert words("en")("findings.checked") in clean, "what was looked at is said, above all where nothing was found"


@pytest.mark.parametrize(("width", "height", "scale"), [(640, 500, 2), (320, 256, 4), (844, 390, 2)])
def test_magnified_and_on_its_side_the_page_reflows_and_the_focus_is_in_sight(
    server: Server, window: Callable[..., Chat], width: int, height: int, scale: int
) -> None:
    chat = window(server, viewport={"width": width, "height": height}, device_scale_factor=scale).open()
    assert chat.sideways() == 0
    chat.say(TASK)
    chat.card("question")
    assert chat.sideways() == 0
    top = chat.page.locator("#header").bounding_box()
    composer = chat.page.locator("#message-composer").bounding_box()
    assert top is not None
    assert composer is not None
    assert composer["y"] - (top["y"] + top["height"]) >= height / 3, "a third of the window is left to read in"
    option = chat.page.locator(".fa-card-question .fa-options button, .fa-card-question .fa-button").first
    # A turn ends by bringing what was said into sight; a person's focus comes after that.
    chat.page.locator("#stop-button").wait_for(state="detached")
    stood = None
    while stood != (stands := option.bounding_box()):
        stood = stands
        chat.page.wait_for_timeout(1500)
    option.focus()
    chat.page.wait_for_timeout(500)
    box = option.bounding_box()
    assert box is not None
    assert top["y"] + top["height"] - 1 <= box["y"]
    assert box["y"] + box["height"] <= composer["y"] + 1, "never under the composer"


@pytest.mark.parametrize("colours", [{"forced_colors": "active"}, {"contrast": "more"}])
def test_in_the_systems_own_colours_charts_and_states_can_still_be_seen(
    server: Server, window: Callable[..., Chat], colours: dict[str, str], tmp_path: Path
) -> None:
    chat = window(server, color_scheme="dark", **colours).open()
    chat.drop(TICKETS)
    chat.card("findings").locator("svg .fa-bar rect").first.wait_for(state="attached")
    fill, ground = chat.page.evaluate(
        """() => {
          const bar = document.querySelector('.fa-card svg .fa-bar rect')
          return [getComputedStyle(bar).fill, getComputedStyle(bar.closest('.fa-card')).backgroundColor]
        }"""
    )
    assert fill != ground
    assert chat.sideways() == 0


def test_nothing_moves_for_who_asked_for_less_motion(server: Server, window: Callable[..., Chat]) -> None:
    chat = window(server, reduced_motion="reduce").open()
    chat.say(TASK)
    chat.card("question")
    moving = (
        "document.getAnimations().filter(a => a.playState === 'running' && a.effect.getTiming().duration > 50).length"
    )
    assert chat.page.evaluate(moving) == 0
