"""The guard around the web application, request by request, without Chainlit."""

import asyncio
from typing import Any

import pytest

from ui.web.guard import Guard, RateLimit, content_security_policy

CAP = 1000


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads its whole body and says how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(
    guard: Guard,
    path: str = "/",
    method: str = "GET",
    headers: dict[str, str] | None = None,
    chunks: tuple[bytes, ...] = (b"",),
    kind: str = "http",
) -> tuple[int, dict[str, str], bytes]:
    """One request; returns status, headers and body (or the websocket close code)."""
    sent: list[Any] = []
    pending = list(chunks)

    async def receive() -> Any:
        body = pending.pop(0) if pending else b""
        return {"type": "http.request", "body": body, "more_body": bool(pending)}

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": "localhost:8000", **(headers or {})}
    scope = {
        "type": kind,
        "path": path,
        "method": method,
        "client": ("127.0.0.1", 5),
        "headers": [(k.encode(), v.encode()) for k, v in given.items()],
    }
    asyncio.run(guard(scope, receive, send))  # type: ignore[arg-type]
    if kind == "websocket":
        return sent[0].get("code", 0), {}, b""
    start = sent[0]
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, sent[1]["body"]


@pytest.fixture
def guard() -> Guard:
    return Guard(echo, hosts={"localhost", "127.0.0.1"}, max_upload_bytes=CAP, script_hashes={"'sha256-x'"})


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("127.0.0.1", 200), ("evil.example", 421), ("localhost.evil.example", 421), ("", 421)],
)
def test_only_known_hosts_are_answered(guard: Guard, host: str, status: int) -> None:
    assert ask(guard, headers={"host": host})[0] == status


@pytest.mark.parametrize(
    ("method", "origin", "status"),
    [
        ("POST", "http://localhost:8000", 200),
        ("POST", "http://evil.example", 403),
        ("POST", "http://localhost:9999", 403),
        ("PUT", "null", 403),
        ("GET", "http://evil.example", 200),
    ],
)
def test_changes_from_other_sites_are_refused(guard: Guard, method: str, origin: str, status: int) -> None:
    assert ask(guard, method=method, headers={"origin": origin})[0] == status


def test_a_websocket_from_another_site_is_closed(guard: Guard) -> None:
    assert ask(guard, kind="websocket", headers={"origin": "http://evil.example"})[0] == 4403


def test_a_declared_body_over_the_cap_is_refused_before_it_is_read(guard: Guard) -> None:
    status, _, body = ask(guard, "/project/file", "POST", {"content-length": str(CAP + 20_000)})
    assert status == 413
    assert b"finetune-advisor lint FILE" in body


def test_an_undeclared_body_is_counted_while_it_streams(guard: Guard) -> None:
    chunks = tuple(b"x" * 1000 for _ in range(30))
    assert ask(guard, "/project/file", "POST", chunks=chunks)[0] == 413


def test_a_body_under_the_cap_passes_whole(guard: Guard) -> None:
    assert ask(guard, "/project/file", "POST", chunks=(b"x" * 400, b"y" * 400))[2] == b"800"


def test_every_answer_carries_the_headers(guard: Guard) -> None:
    headers = ask(guard)[1]
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "'sha256-x'" in headers["content-security-policy"]


def test_uploaded_files_come_back_as_attachments(guard: Guard) -> None:
    assert ask(guard, "/project/file/abc")[1]["content-disposition"] == "attachment"


def test_the_policy_names_no_foreign_host() -> None:
    assert "http" not in content_security_policy(set())


def test_a_burst_is_slowed_down() -> None:
    limit = RateLimit(per_second=0.001, burst=3)
    assert [limit.allows("a") for _ in range(5)] == [True, True, True, False, False]
    assert limit.allows("b")
