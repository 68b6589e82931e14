"""Driving the real chat in a real Chromium: the server as a person starts it, the page as a person uses it."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

ROOT = Path(__file__).parents[2]
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = float(os.environ.get("ADVISOR_TEST_PATIENCE", "1"))
"""Set above 1 on a busy machine: every time-out of the browser tests is multiplied by it."""
NO_BROWSER = (
    "NO BROWSER FOUND: the browser tests did not run. Get one with `apt-get install chromium` (Debian), "
    "or with `.venv/bin/python -m playwright install chromium`."
)
MAKE_TINY = """
import json, sys
from pathlib import Path
from tools.engine.tiny import make
make(Path(sys.argv[1]), json.load(sys.stdin), steps=40)
"""


def launch(playwright: Playwright) -> Browser | None:
    """An installed Chromium, else Playwright's own, else None."""
    for name in INSTALLED:
        if path := shutil.which(name):
            return playwright.chromium.launch(executable_path=path, args=FLAGS)
    if Path(playwright.chromium.executable_path).is_file():
        return playwright.chromium.launch(args=FLAGS)
    return None


def make_tiny_base(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A tiny base model that has seen the rows' words and answers each with "hello"."""
    talks = [[*row["messages"][:-1], {"role": "assistant", "content": "hello"}] for row in rows[:40]]
    answers = sorted({row["messages"][-1]["content"] for row in rows})
    talks += [
        [{"role": "user", "content": f"say {a}"}, {"role": "assistant", "content": a}] for a in answers for _ in "12"
    ]
    argv = [sys.executable, "-c", MAKE_TINY, str(folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(argv, input=json.dumps(talks), text=True, check=True, env=env, stderr=subprocess.DEVNULL)
    return folder


class Server:
    """`finetune-advisor serve` in a process of its own, with a home of its own."""

    def __init__(self, home: Path, *, args: tuple[str, ...] = (), **settings: str) -> None:
        self.home, self.args, self.settings = home, args, settings
        self.url = ""
        self.ready_seconds = 0.0
        self._process: subprocess.Popen[str] | None = None
        self.log = home.with_name(home.name + ".log")

    def start(self, port: int = 0) -> "Server":
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ADVISOR_") and not k.endswith("_API_KEY")}
        env = {**kept, "ADVISOR_HOME": str(self.home), "PYTHONPATH": str(ROOT), **self.settings}
        code = "from ui.cli.main import main; main()"
        argv = [sys.executable, "-c", code, "serve", "--port", str(port), *self.args]
        started = time.monotonic()
        said = len(self.log.read_text()) if self.log.exists() else 0
        with self.log.open("a") as log:
            self._process = subprocess.Popen(argv, stderr=log, stdout=log, env=env, text=True, start_new_session=True)
        deadline = started + 60 * max(2.0, PATIENCE)
        while time.monotonic() < deadline and self._process.poll() is None:
            if found := re.search(r"Ready: (http://\S+)", self.log.read_text()[said:]):
                self.url, self.ready_seconds = found[1], time.monotonic() - started
                return self
            time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}")

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut does: no handler runs."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30 * PATIENCE)

    def restart(self) -> "Server":
        """On the same port, so that an open page finds it again."""
        port = self.port
        return self.start(port)

    def close(self) -> None:
        """End the server and its engine, whatever state they are in."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        end_engine(self.home)


def end_engine(home: Path) -> None:
    from tools.engine import control

    with living_in(home):
        control.stop(if_idle=False)


@contextmanager
def living_in(home: Path) -> Iterator[None]:
    """Look into a server's home from the test."""
    before = os.environ.get("ADVISOR_HOME")
    os.environ["ADVISOR_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ADVISOR_HOME"]
        else:
            os.environ["ADVISOR_HOME"] = before


class Chat:
    """One window of the chat. Every request that leaves the server's own address is noted."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.foreign: list[str] = []
        self.refused: list[str] = []
        context.on("request", lambda r: self._note(r.url))
        context.on("console", lambda m: self._hear(m.text))
        self.page: Page = context.new_page()
        self.page.set_default_timeout(30_000 * PATIENCE)

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.foreign.append(url)

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.refused.append(text)

    def open(self, path: str = "/") -> "Chat":
        self.page.goto(self.url + path)
        self.page.locator("#welcome-screen, .fa-card").first.wait_for()
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_selector("#chat-input")
        return self

    @property
    def thread_path(self) -> str:
        """Address of this conversation, to come back to it."""
        self.page.wait_for_url("**/thread/*")
        return self.page.url.removeprefix(self.url)

    def say(self, text: str) -> None:
        self.page.click("#chat-input")
        self.page.keyboard.type(text)
        self.page.wait_for_selector("#chat-submit:not([disabled])")
        self.page.keyboard.press("Enter")

    def command(self, name: str) -> None:
        """Choose a command by its name and Enter, and send it with Enter again."""
        self.page.click("#chat-input")
        self.page.keyboard.type(f"/{name}")
        self.page.locator(".command-item").first.wait_for()
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#chat-submit:not([disabled])")
        self.page.keyboard.press("Enter")

    def drop(self, path: Path, text: str = "") -> None:
        """Attach a file and send it."""
        self.page.set_input_files("#upload-button-input", str(path))
        self.page.wait_for_selector("#chat-submit:not([disabled])")
        if text:
            self.page.click("#chat-input")
            self.page.keyboard.type(text)
        self.page.click("#chat-submit")

    def card(self, name: str, *, seconds: float = 60, nth: int = 1) -> Locator:
        """The nth card of a kind, once it is there."""
        found = self.page.locator(f".fa-card-{name}").nth(nth - 1)
        found.wait_for(timeout=seconds * 1000 * PATIENCE)
        return found

    def click(self, card: str, label: str, *, nth: int = 1, seconds: float = 60) -> Locator:
        button = self.button(card, label, nth=nth, seconds=seconds)
        button.click()
        return button

    def button(self, card: str, label: str, *, nth: int = 1, seconds: float = 60) -> Locator:
        found = self.card(card, seconds=seconds, nth=nth).get_by_role("button", name=label, exact=True)
        found.wait_for(timeout=seconds * 1000 * PATIENCE)
        return found

    def count(self, card: str) -> int:
        return self.page.locator(f".fa-card-{card}").count()

    def text(self) -> str:
        return self.page.inner_text("body")

    def sideways(self) -> int:
        """Pixels by which the page is wider than the window."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))


def jobs_of(home: Path, owner: str = "local") -> list[Any]:
    """The jobs in a server's store, looked at from outside."""
    from tools.jobs import view

    with living_in(home):
        return view.list_jobs(owner)
