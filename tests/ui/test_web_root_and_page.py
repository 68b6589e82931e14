"""The folder Chainlit works in, its settings, its page, and the guard before both."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ui.web.root import TEMPLATE, auth_secret, make_root


@pytest.fixture
def root(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CHAINLIT_APP_ROOT", "CHAINLIT_AUTH_SECRET"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    return make_root()


def test_settings_that_would_open_a_door_are_shut(root: Path) -> None:
    settings = tomllib.loads((root / ".chainlit" / "config.toml").read_text())
    features = settings["features"]
    assert features["mcp"]["enabled"] is False
    assert features["unsafe_allow_html"] is False
    assert features["allow_thread_sharing"] is False
    assert settings["project"]["allow_origins"] == []
    assert settings["project"]["persist_user_env"] is False
    assert settings["project"]["mask_user_env"] is True
    upload = features["spontaneous_file_upload"]
    assert upload["max_files"] <= 3
    assert "*/*" not in upload["accept"]


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("application/octet-stream", ".parquet"),
        ("application/vnd.ms-excel", ".csv"),  # what Windows calls a CSV file where Excel is installed
        ("application/octet-stream", ".ndjson"),
        ("text/markdown", ".md"),
        ("application/pdf", ".pdf"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
        ("application/x-zip-compressed", ".zip"),
    ],
)
def test_what_the_check_reads_or_knows_by_name_reaches_it(root: Path, kind: str, ending: str) -> None:
    settings = tomllib.loads((root / ".chainlit" / "config.toml").read_text())
    assert ending in settings["features"]["spontaneous_file_upload"]["accept"][kind]


def test_a_folder_left_by_a_dead_process_is_cleared_and_a_living_ones_stays(home: Path) -> None:
    run = home / "run"
    dead, alive, odd = run / "chat-999999999", run / f"chat-{os.getppid()}", run / "chat-x"
    for folder in (dead, alive, odd):
        folder.mkdir(parents=True)
    make_root()
    assert not dead.exists()
    assert not odd.exists()
    assert alive.exists()


def test_the_secret_is_made_once_and_is_nobody_elses_to_read(home: Path) -> None:
    first = auth_secret()
    assert len(first) >= 64
    assert auth_secret() == first
    assert (home / "auth-secret").stat().st_mode & 0o077 == 0


def test_nothing_of_ours_names_another_host() -> None:
    for path in TEMPLATE.rglob("*"):
        if path.suffix in (".css", ".js", ".jsx", ".json", ".toml"):
            assert not re.search(r"https?://(?!www\.w3\.org)", path.read_text()), path


def test_the_page_names_no_other_host_and_hashes_its_scripts(root: Path) -> None:
    import chainlit.server as server

    from ui.web.page import own_page

    original = server.get_html_template
    try:
        hashes = own_page()
        html = server.get_html_template("")
    finally:
        server.get_html_template = original
    assert "<link" in html
    assert not re.search(r'(?:src|href)="https?://', html)
    assert "og:" not in html
    assert len(hashes) == len(set(re.findall(r"<script>(.*?)</script>", html, flags=re.S)))


Headers = dict[str, str]


async def ask(
    guard: Any, path: str = "/", method: str = "GET", headers: Headers | None = None, body: bytes = b""
) -> Any:
    sent: list[Any] = []
    given = {"host": "localhost:8000", **(headers or {})}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "client": ("127.0.0.1", 5),
        "headers": [(k.encode(), v.encode()) for k, v in given.items()],
    }
    chunks = [body[i : i + 1000] for i in range(0, len(body), 1000)] or [b""]

    async def receive() -> Any:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    await guard(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


async def reads_all(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def guarded(**limits: Any) -> Any:
    from ui.web.guard import Guard

    limits = {"max_upload_bytes": 5000, "max_body_bytes": 2000, **limits}
    return Guard(reads_all, hosts={"localhost"}, script_hashes={"'sha256-x'"}, **limits)


@pytest.mark.parametrize(
    ("why", "status", "request_"),
    [
        ("ordinary", 200, {}),
        ("another host name (DNS rebinding)", 421, {"headers": {"host": "evil.example"}}),
        ("posted by another site", 403, {"method": "POST", "headers": {"origin": "http://evil.example"}}),
        ("posted by our own page", 200, {"method": "POST", "headers": {"origin": "http://localhost:8000"}}),
        ("declared too large", 413, {"method": "POST", "headers": {"content-length": "999999"}}),
        ("too large without saying so", 413, {"method": "POST", "body": b"x" * 3000}),
        ("an upload may be larger", 200, {"method": "POST", "path": "/project/file", "body": b"x" * 4000}),
        (
            "an upload too large without saying so",
            413,
            {"method": "POST", "path": "/project/file", "body": b"x" * 20000},
        ),
    ],
)
async def test_who_and_what_comes_in(why: str, status: int, request_: dict[str, Any]) -> None:
    found, _ = await ask(guarded(), **request_)
    assert found == status, why


async def test_every_page_carries_the_headers() -> None:
    _, headers = await ask(guarded())
    policy = (
        headers[b"content-security-policy"]
        if b"content-security-policy" in headers
        else headers["content-security-policy"]
    )
    assert "frame-ancestors 'none'" in str(policy)
    assert "connect-src 'self'" in str(policy)
    names = {k if isinstance(k, str) else k.decode() for k in headers}
    assert {"x-content-type-options", "referrer-policy", "x-frame-options"} <= names


async def test_a_burst_of_posts_is_slowed() -> None:
    from ui.web.guard import RateLimit

    guard = guarded(rate=RateLimit(per_second=0.001, burst=3))
    found = [(await ask(guard, method="POST"))[0] for _ in range(5)]
    assert found == [200, 200, 200, 429, 429]
    assert (await ask(guard))[0] == 200
