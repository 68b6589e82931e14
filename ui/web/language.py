"""The language a person chose for the screen: a cookie that stands in for the browser's own, and where it is set."""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response

from agent.case import Case
from tools.errors import NotFoundError, RefusedError
from tools.records.cases import load_case, save_case
from ui.chat.words import LANGUAGES
from ui.web.pages import signed_in

COOKIE = "fa-language"
A_YEAR_S = 31_536_000

router = APIRouter(include_in_schema=False)
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class Chosen:
    """ASGI middleware: whoever chose a language asks for it, whatever the browser says."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass on, with `accept-language` from the cookie where there is one."""
        if scope["type"] in ("http", "websocket") and (language := _chosen(scope["headers"])):
            others = [(k, v) for k, v in scope["headers"] if k.lower() != b"accept-language"]
            scope = {**scope, "headers": [*others, (b"accept-language", language.encode())]}
        await self.app(scope, receive, send)


def _chosen(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name.lower() == b"cookie" and COOKIE.encode() in value:
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            if found is not None and found.value in LANGUAGES:
                return found.value
    return ""


@router.post("/language")
def choose(
    language: Annotated[str, Form()], user: Annotated[Any, Depends(signed_in)], thread: Annotated[str, Form()] = ""
) -> Response:
    """Set the cookie; a conversation that is open goes on in this language."""
    if language not in LANGUAGES:
        raise HTTPException(404)
    if thread and user is not None:
        _turn(thread, user.identifier, language)
    answer = Response(status_code=204)
    answer.set_cookie(COOKIE, language, max_age=A_YEAR_S, samesite="lax")  # the page's script reads it
    return answer


def _turn(thread: str, owner: str, language: str) -> None:
    try:
        stored = load_case(thread, owner)
        case = Case.model_validate({**stored.document["case"], "language": language})
        document = {**stored.document, "case": case.model_dump(mode="json")}
        save_case(thread, owner, stored.title, document, expected_version=stored.version)
    except (NotFoundError, RefusedError):
        return  # nothing was said yet, or something is being said right now: the next words decide
