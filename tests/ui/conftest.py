"""One server with a tiny base model for the folder; a test that must break one starts its own."""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_driver import NO_BROWSER, ROOT, Chat, Server, launch, living_in, make_tiny_base

from ui.web.root import make_root

# Chainlit writes where it is first imported: into a folder of ours, and never into the tree.
_SCRATCH = Path(tempfile.mkdtemp(prefix="chat-root-"))
atexit.register(shutil.rmtree, _SCRATCH, ignore_errors=True)
with living_in(_SCRATCH):
    make_root()

SHOTS = os.environ.get("ADVISOR_TEST_SHOTS", "")
"""A folder: the last sight of every window is kept there."""
TICKETS = ROOT / "examples" / "zava" / "tickets.jsonl"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """For one file: Playwright keeps an event loop running, in which no asyncio test of another file could run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            pytest.skip(NO_BROWSER)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [json.loads(line) for line in TICKETS.read_text().splitlines()]
    return make_tiny_base(tmp_path_factory.mktemp("base") / "tiny", rows)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("chat") / "home", ADVISOR_LOCAL_BASE=str(tiny_base)).start()
    yield running
    running.close()


@pytest.fixture
def own_server(tmp_path: Path, tiny_base: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of the test's own."""
    made: list[Server] = []

    def start(*args: str, **settings: str) -> Server:
        home = tmp_path / f"home{len(made)}"
        made.append(Server(home, args=args, ADVISOR_LOCAL_BASE=str(tiny_base), **settings))
        return made[-1].start()

    yield start
    for i, one in enumerate(made):
        one.close()
        if SHOTS:
            shutil.copy(one.log, Path(SHOTS) / f"server-{tmp_path.name}-{i}.log")


@pytest.fixture
def window(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Chat]]:
    """Opens windows; at the end none may have asked anything of another host, or met its content policy."""
    chats: list[Chat] = []

    def open_(server: Server, **options: Any) -> Chat:
        options.setdefault("viewport", {"width": 1280, "height": 1000})
        chats.append(Chat(chromium.new_context(**options), server.url))
        return chats[-1]

    yield open_
    asked = [url for chat in chats for url in chat.foreign]
    refused = [text for chat in chats for text in chat.refused]
    for i, chat in enumerate(chats):
        if SHOTS and not chat.page.is_closed():
            chat.page.screenshot(path=Path(SHOTS) / f"{request.node.name[:60]}-{i}.png")
        chat.context.close()
    assert asked == [], "requests to other hosts"
    assert refused == [], "the page's own policy stopped something"
