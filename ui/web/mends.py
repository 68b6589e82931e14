"""Where Chainlit 2.12 is mended from outside, each with the fault that it mends and nothing else."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response


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


async def thread_page(request: Request) -> Response:
    """The page of one thread. On this computer alone, who has no cookie yet is given one first.

    Chainlit's own page signs in and then goes to the front page, so that a link to a thread never arrives.
    """
    from chainlit import server
    from chainlit.auth import decode_jwt, get_token_from_cookies
    from chainlit.config import config

    if config.code.header_auth_callback:
        try:
            decode_jwt(get_token_from_cookies(dict(request.cookies)) or "")
        except Exception:  # none, expired or of another server: any of them is signed in anew
            signed_in = await server.header_auth(request)
            answer = Response(status_code=303, headers={"location": request.url.path})
            answer.raw_headers += [(k, v) for k, v in signed_in.raw_headers if k == b"set-cookie"]
            return answer
    page: Response = await server.serve(request)
    return page
