"""Warming up reads and builds; it speaks to no model, and a web server does the same when it starts."""

import asyncio
from typing import Any

import pytest
import talk_wire as t

from agent.warm import warm_up


@pytest.mark.parametrize("start", ["command line", "server"])
def test_no_model_is_asked_before_a_person_says_something(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with t.Wire(t.says("Yes.")) as wire:
        for name, value in {"MODEL": "m", "BASE_URL": wire.url, "API_KEY": "k"}.items():
            monkeypatch.setenv(f"ADVISOR_{name}", value)
        if start == "server":
            asyncio.run(_served())
        else:
            warm_up()
    assert wire.seen == []


async def _served() -> Any:
    from ui.chat import warm

    warm.start()
    await warm.warmed()
