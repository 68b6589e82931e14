"""Make the pictures of the README and the docs: starts the app with a home of its own, drives it, writes them here.

`make screenshots`, or `.venv/bin/python docs/images/make.py [FOLDER]`. Needs a Chromium and what `make test` needs.
"""

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[1] / "tests" / "ui")]

from browser_driver import NO_BROWSER, Chat, Server, launch  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SAID = "our support bot answers in a different tone every time, we have like 3k old tickets. should we train it?"
SETTLES_MS = 1500


def picture(chat: Chat, path: Path) -> None:
    """What the window shows once nothing moves any more."""
    chat.page.mouse.move(0, 0)
    chat.page.wait_for_timeout(SETTLES_MS)
    chat.page.screenshot(path=path)


def advised(chat: Chat) -> None:
    """From the first sentence to the verdict."""
    chat.say(SAID)
    chat.card("question")
    chat.click("question", "A plain instruction")
    chat.card("sharpen")


def draw(browser: Browser, url: str, folder: Path) -> None:
    """The first screen, a verdict on a desk and in the dark on a telephone."""
    calm = {"reduced_motion": "reduce", "locale": "en-GB"}
    desk = Chat(browser.new_context(viewport=DESKTOP, color_scheme="light", **calm), url).open()
    picture(desk, folder / "first-screen.png")
    advised(desk)
    picture(desk, folder / "recommendation.png")
    phone = Chat(browser.new_context(viewport=PHONE, color_scheme="dark", **calm), url).open()
    advised(phone)
    picture(phone, folder / "phone-dark.png")


def main() -> None:
    """Write all pictures into the folder named, or beside this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            sys.exit(NO_BROWSER)
        server = Server(Path(home) / "home").start()
        try:
            draw(browser, server.url, folder)
        finally:
            server.close()
            browser.close()


if __name__ == "__main__":
    main()
