"""The server's application: token and host checked first, errors in the wire's shape."""

import asyncio
import contextlib
import hmac
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from tools.engine import paths, routes_answering, routes_training
from tools.engine.answering import Answering
from tools.engine.recipe import default
from tools.engine.runner import Runner
from tools.engine.wire import WireError

log = logging.getLogger("engine")
HOSTS = ("127.0.0.1", "localhost")


class Guard:
    """Turns away other hosts (a page that rebinds its name to this address, say) and requests without the token.

    Plain ASGI: a client that hangs up is noticed by the routes behind it.
    """

    def __init__(self, app: ASGIApp, token: str, state: State) -> None:
        self._app, self._token, self._state = app, token.encode(), state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, then pass it on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        self._state.last_asked = time.monotonic()
        request = Request(scope)
        refused = self._refused(request)
        await (_error(refused) if refused else self._app)(scope, receive, send)

    def _refused(self, request: Request) -> WireError | None:
        if request.headers.get("host", "").rsplit(":", 1)[0] not in HOSTS:
            return WireError(403, "This engine answers only to this computer.", code="wrong_host")
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        if request.url.path != "/healthz" and not hmac.compare_digest(given, self._token):
            message = "The token is missing or wrong; engine.json in the engine's folder holds it."
            return WireError(401, message, code="invalid_api_key")
        return None


def build(token: str, stop: Callable[[], None]) -> FastAPI:
    """The application.

    Args:
        token: what every request but /healthz must bear.
        stop: ends the server.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.answering = Answering(paths.log_file())
        app.state.runner = Runner(before_start=app.state.answering.release_soon)
        app.state.last_asked = time.monotonic()
        serving = asyncio.gather(app.state.answering.run(), _end_when_idle(app, stop))
        app.state.runner.start()
        yield
        await asyncio.to_thread(app.state.runner.stop)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    app = FastAPI(title="Finetune Advisor local engine", lifespan=lifespan, docs_url=None, openapi_url=None)
    app.include_router(routes_training.router)
    app.include_router(routes_answering.router)

    app.add_middleware(Guard, token=token, state=app.state)

    @app.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {"status": "ok", "pid": os.getpid()}

    @app.get("/engine/status")
    def status(request: Request) -> dict[str, Any]:
        runner: Runner = request.app.state.runner
        return {"pid": os.getpid(), "unfinished_jobs": runner.busy()}

    @app.post("/engine/stop", status_code=202)
    def end(request: Request, if_idle: bool = True) -> dict[str, Any]:
        runner: Runner = request.app.state.runner
        unfinished = runner.busy()
        if if_idle and unfinished:
            raise WireError(409, f"Not stopped: {len(unfinished)} job(s) are not finished.", code="busy")
        for job_id in unfinished:
            with contextlib.suppress(WireError):
                runner.cancel(job_id)
        stop()
        return {"stopping": True}

    _handle_errors(app)
    return app


async def _end_when_idle(app: FastAPI, stop: Callable[[], None]) -> None:
    """End an engine that its app has forgotten (because it crashed, say)."""
    while True:
        await asyncio.sleep(60)
        if time.monotonic() - app.state.last_asked > default("engine_idle_s") and not app.state.runner.busy():
            stop()


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(WireError)
    def wire(_: Request, e: WireError) -> JSONResponse:
        return _error(e)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, e: RequestValidationError) -> JSONResponse:
        first = e.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        return _error(
            WireError(400, f"{where or 'body'}: {first['msg']}.", code="invalid_request", param=where or None)
        )

    @app.exception_handler(HTTPException)
    def http(request: Request, e: HTTPException) -> JSONResponse:
        message = f"{e.detail}: {request.method} {request.url.path}."
        return _error(WireError(e.status_code, message, code="unknown_url" if e.status_code == 404 else None))

    @app.exception_handler(Exception)
    def unexpected(request: Request, e: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=e)
        return _error(WireError(500, f"The engine failed ({type(e).__name__}); its engine.log has more."))


def _error(e: WireError) -> JSONResponse:
    return JSONResponse(e.body(), status_code=e.status)
