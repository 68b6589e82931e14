"""Where Chainlit 2.12 is mended from outside, each with the fault that it mends and nothing else."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.web.guard import UPLOAD_PATH

WAIT_FOR_WINDOW_S = 20
"""Longer than a page that lost the server pauses before it asks again (5 s)."""


class WindowFirst:
    """Hold a dropped file until its window is connected; Chainlit answers "Session not found" and drops the file.

    A page can be drawn before its socket is there: at a first visit, on a busy computer, after a restart of the server.
    Nothing of the body is read meanwhile.
    """

    def __init__(self, app: ASGIApp, wait_s: float = WAIT_FOR_WINDOW_S) -> None:
        self.app, self.wait_s = app, wait_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on at once, or as soon as the window that an upload names is known, or when the time is over."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == UPLOAD_PATH:
            from chainlit.session import WebsocketSession

            window = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_id", [""])[0]
            loop = asyncio.get_running_loop()
            until = loop.time() + self.wait_s
            while window and WebsocketSession.get_by_id(window) is None and loop.time() < until:
                await asyncio.sleep(0.1)
        await self.app(scope, receive, send)


def take_empty_files() -> None:
    """Let an upload of 0 bytes through to the checks, which say what it is; Chainlit answers it with an error 500."""
    from chainlit.session import BaseSession

    original = BaseSession.persist_file

    async def persist_file(self: Any, name: str, mime: str, path: str | None = None, content: Any = None) -> Any:
        if path is None and content is not None and not content:
            self.files_dir.mkdir(exist_ok=True)
            empty = self.files_dir / "empty"
            empty.touch()
            path, content = str(empty), None
        return await original(self, name, mime, path, content)

    BaseSession.persist_file = persist_file


def name_threads_by_their_file() -> None:
    """Name a thread that began with a file and no words after the file; Chainlit leaves it untitled."""
    from chainlit.emitter import ChainlitEmitter

    original = ChainlitEmitter.init_thread

    async def init_thread(self: Any, interaction: str) -> None:
        files = list(self.session.files.values())
        await original(self, interaction or (files[-1]["name"] if files else "New case"))

    ChainlitEmitter.init_thread = init_thread


async def signed_in_page(request: Request) -> Response:
    """The front page, or that of one thread. On this computer alone, who has no cookie yet is given one with it.

    Chainlit's own page asks who is there, is told "nobody" with an error, signs in and then goes to the front page: two
    errors in the console of a first visit, and a link to a thread that never arrives.
    """
    from chainlit import server
    from chainlit.auth import decode_jwt, get_token_from_cookies
    from chainlit.config import config

    page: Response = await server.serve(request)
    if config.code.header_auth_callback:
        try:
            decode_jwt(get_token_from_cookies(dict(request.cookies)) or "")
        except Exception:  # none, expired or of another server: any of them is signed in anew
            signed_in = await server.header_auth(request)
            page.raw_headers += [(k, v) for k, v in signed_in.raw_headers if k == b"set-cookie"]
    return page
