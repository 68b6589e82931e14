"""A file dropped on a page whose socket is not there yet is held for it, not lost."""

import asyncio
from typing import Any

import pytest

from ui.web.mends import WindowFirst


async def ask(held: WindowFirst, path: str = "/project/file", method: str = "POST") -> float:
    """Seconds until the application behind was asked."""
    scope = {"type": "http", "method": method, "path": path, "query_string": b"session_id=w1&ask_parent_id=2"}

    async def nothing(*_: Any) -> Any:
        raise AssertionError("the body is not read, and nothing is answered, by who only waits")

    began = asyncio.get_running_loop().time()
    await held(scope, nothing, nothing)
    return asyncio.get_running_loop().time() - began


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    from chainlit import session

    known: dict[str, object] = {}
    monkeypatch.setattr(session, "ws_sessions_id", known)
    return known


async def behind(*_: Any) -> None:
    """The application: asked, it does nothing."""


async def test_it_waits_for_its_window_and_goes_on_as_soon_as_it_is_there(windows: dict[str, object]) -> None:
    asyncio.get_running_loop().call_later(0.4, windows.update, {"w1": object()})
    assert 0.35 < await ask(WindowFirst(behind)) < 10


async def test_a_window_that_is_there_waits_for_nothing(windows: dict[str, object]) -> None:
    windows["w1"] = object()
    assert await ask(WindowFirst(behind)) < 4


async def test_a_window_that_never_comes_ends_the_wait(windows: dict[str, object]) -> None:
    assert 0.25 < await ask(WindowFirst(behind, wait_s=0.3)) < 10


@pytest.mark.parametrize(("path", "method"), [("/project/file/x", "GET"), ("/project/file", "GET"), ("/", "POST")])
async def test_nothing_else_waits(windows: dict[str, object], path: str, method: str) -> None:
    assert await ask(WindowFirst(behind), path, method) < 4
