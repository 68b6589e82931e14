"""The language chosen for the screen: what the server hears, and a conversation that goes on in it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from signed_in_client import client_of

from agent.case import Case
from tools.records.cases import load_case, save_case
from ui.web.language import COOKIE, Chosen, router


def heard(cookie: str, kind: str = "http", asked: str = "en-GB") -> str:
    """What the application behind sees as the browser's language."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(v.decode() for k, v in scope["headers"] if k == b"accept-language")

    headers = [(b"accept-language", asked.encode()), *([(b"cookie", cookie.encode())] if cookie else [])]
    asyncio.run(Chosen(app)({"type": kind, "headers": headers}, None, None))
    (language,) = seen
    return language


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_what_was_chosen_stands_in_for_the_browsers_language(kind: str) -> None:
    assert heard("", kind) == "en-GB"
    assert heard(f"a=b; {COOKIE}=fr; c=d", kind) == "fr"


@pytest.mark.parametrize("value", ["xx", "", "fr\x00", "../../etc", "fr; Path=/", '"'])
def test_a_cookie_of_anything_else_changes_nothing_it_must_not(value: str) -> None:
    assert heard(f"{COOKIE}={value}") in ("en-GB", "fr")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with client_of(router) as made:
        yield made


def test_choosing_sets_the_cookie_and_turns_ones_own_open_conversation(client: TestClient) -> None:
    for case_id, owner in (("mine", "ada"), ("theirs", "bob")):
        save_case(case_id, owner, "x", {"case": Case(id=case_id).model_dump(mode="json"), "cards": {}})
    for thread in ("mine", "theirs", "nosuch", ""):
        answer = client.post("/language", data={"language": "zh", "thread": thread})
        assert answer.status_code == 204
        assert f"{COOKIE}=zh" in answer.headers["set-cookie"]
    assert load_case("mine", "ada").document["case"]["language"] == "zh"
    assert load_case("theirs", "bob").document["case"]["language"] == "en"
    assert client.post("/language", data={"language": "xx"}).status_code == 404
