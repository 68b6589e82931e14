"""Build the web application: our routes, then the chat mounted at /, behind the guard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, JSONResponse, Response

from knowledge.tour import LANGUAGES
from ui.tour.recap import png
from ui.web.guard import Guard
from ui.web.language import Chosen
from ui.web.language import router as language
from ui.web.mends import WindowFirst, name_threads_by_their_file, signed_in_page, take_empty_files
from ui.web.page import own_page
from ui.web.pages import router as pages
from ui.web.root import make_root, put_in_words

MAX_UPLOAD_BYTES = 200_000_000
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
ENTRY = Path(__file__).parent.parent / "chat" / "target" / "advisor_chat.py"


def create_app(hosts: set[str] | None = None) -> Guard:
    """The whole application as one ASGI callable.

    Args:
        hosts: host names answered to; loopback names when None.
    """
    root = make_root()
    from chainlit.auth import get_current_user
    from chainlit.config import config
    from chainlit.data import get_data_layer
    from chainlit.utils import mount_chainlit

    put_in_words(root)
    config.ui.default_theme = "system"  # works, though the file accepts light or dark only
    config.run.headless = True

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        from ui.chat.background import start, stop

        await start()
        yield
        await stop()
        layer = get_data_layer()
        if layer:
            await layer.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get("/stored/{element_id}")
    async def stored(element_id: str, user: Annotated[Any, Depends(get_current_user)]) -> Response:
        layer: Any = get_data_layer()
        row = await layer.owns_element(element_id, user.identifier) if layer and user else None
        if row is None or not row["objectKey"]:
            raise HTTPException(404)
        path = layer.storage_provider.path(row["objectKey"])
        if not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type=row["mime"], filename=row["name"], content_disposition_type="attachment")

    @app.get("/tour/{language}.png")
    async def recap(language: str) -> Response:
        if language not in LANGUAGES:
            raise HTTPException(404)
        return Response(await asyncio.to_thread(png, language), media_type="image/png")

    app.include_router(pages)
    app.include_router(language)
    for address in ("/", "/thread/{thread_id}"):
        app.get(address, include_in_schema=False)(signed_in_page)
    mount_chainlit(app=app, target=str(ENTRY), path="/")
    hashes = own_page()
    take_empty_files()
    name_threads_by_their_file()
    return Guard(
        WindowFirst(Chosen(app)),
        hosts=hosts or LOOPBACK_HOSTS,
        max_upload_bytes=MAX_UPLOAD_BYTES,
        script_hashes=hashes,
    )
