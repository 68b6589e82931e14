"""Models and chat completions."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse

from tools.engine import models
from tools.engine.answering import Answering
from tools.engine.chat import ChatRequest, Reply, job_of, usage_of
from tools.engine.wire import WireError

router = APIRouter(prefix="/v1")


@router.get("/models")
def list_models() -> dict[str, Any]:
    """All models that can be asked."""
    return {"object": "list", "data": models.everything()}


@router.get("/models/{name:path}")
def get_model(name: str) -> dict[str, Any]:
    """One model."""
    return models.one(name)


@router.delete("/models/{name:path}")
def delete_model(name: str) -> dict[str, Any]:
    """Remove a tuned model's weights."""
    models.delete(name)
    return {"id": name, "object": "model", "deleted": True}


@router.post("/chat/completions", response_model=None)
async def chat(body: ChatRequest, request: Request) -> JSONResponse | StreamingResponse:
    """Answer with the base or a tuned model; greedy unless a temperature is given."""
    answering: Answering = request.app.state.answering
    pieces = answering.ask(models.weights(body.model), job_of(body))
    if body.stream:
        first = await anext(pieces)  # an error becomes a status, not a broken stream
        wants_usage = bool((body.stream_options or {}).get("include_usage"))
        reply = Reply(first["id"], body.model)
        return StreamingResponse(_stream(reply, first, pieces, wants_usage), media_type="text/event-stream")
    collecting = asyncio.create_task(_collect(pieces))
    leaving = asyncio.create_task(_hung_up(request))
    try:
        await asyncio.wait({collecting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not collecting.done():
            raise WireError(499, "The client hung up.", code="client_gone")
        text, done = await collecting
    finally:
        leaving.cancel()
        collecting.cancel()
    return JSONResponse(Reply(done["id"], body.model).whole(text, done["finish_reason"], usage_of(done)))


async def _collect(pieces: AsyncIterator[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    text, piece = "", {}
    async for piece in pieces:
        text += piece.get("text", "")
    return text, piece


async def _hung_up(request: Request) -> None:
    """Return when the client has closed the connection: nobody waits for the answer then."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


async def _stream(
    reply: Reply, first: dict[str, Any], rest: AsyncIterator[dict[str, Any]], wants_usage: bool
) -> AsyncIterator[str]:
    def event(value: dict[str, Any]) -> str:
        return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"

    yield event(reply.piece({"role": "assistant", "content": ""}))
    piece = first
    try:
        while True:
            if piece.get("text"):
                yield event(reply.piece({"content": piece["text"]}))
            if piece.get("done"):
                yield event(reply.piece({}, piece["finish_reason"]))
                if wants_usage:
                    yield event(reply.usage(usage_of(piece)))
                yield "data: [DONE]\n\n"
                return
            piece = await anext(rest)
    except WireError as e:
        yield event(e.body())
