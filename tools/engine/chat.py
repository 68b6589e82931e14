"""What a chat request may ask of the answering process, checked before it gets there."""

import time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools import pictures
from tools.engine.recipe import default
from tools.engine.wire import WireError


class ChatRequest(BaseModel):
    """The body of POST /v1/chat/completions; fields unknown here are refused unless they change nothing."""

    model_config = ConfigDict(extra="allow")

    model: str
    messages: list[dict[str, Any]] = Field(min_length=1)
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1, le=131072)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=131072)
    stop: str | list[str] | None = None
    seed: int | None = None
    n: Literal[1] | None = None
    tools: list[dict[str, Any]] | None = None


HARMLESS = {"user", "metadata", "store", "presence_penalty", "frequency_penalty", "logprobs", "parallel_tool_calls"}


def job_of(request: ChatRequest) -> dict[str, Any]:
    """What the answering process is told.

    Raises:
        WireError: 400 for what this engine cannot do.
    """
    for name, value in (request.model_extra or {}).items():
        if value and name not in HARMLESS and not (name == "response_format" and value == {"type": "text"}):
            raise WireError(400, f"'{name}' is not supported by the local engine.", code="unsupported", param=name)
        if value and name in ("presence_penalty", "frequency_penalty", "logprobs"):
            raise WireError(400, f"'{name}' is not supported by the local engine.", code="unsupported", param=name)
    stop = [request.stop] if isinstance(request.stop, str) else request.stop or []
    return {
        "messages": [_plain(message, i) for i, message in enumerate(request.messages)],
        "tools": request.tools,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_completion_tokens or request.max_tokens or default("chat_max_tokens"),
        "stop": [s for s in stop if s][:4],
        "seed": request.seed,
    }


def _plain(message: dict[str, Any], index: int) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, list):
        where = f"messages[{index}].content"
        for part in content:
            if not pictures.is_image(part) and (not isinstance(part, dict) or part.get("type") != "text"):
                raise WireError(400, "Only text and images can be read here.", code="unsupported", param=where)
            if pictures.is_image(part) and (fault := pictures.fault(part)):
                raise WireError(400, f"The message {fault}.", code="unsupported", param=where)
        if not any(map(pictures.is_image, content)):
            content = "".join(part.get("text", "") for part in content)
        elif message.get("role") != "user":
            text = "The message holds an image, and only user messages may."
            raise WireError(400, text, code="unsupported", param=where)
    if not isinstance(message.get("role"), str) or not isinstance(content, str | list | None):
        raise WireError(400, "A message needs a role and a text.", code="invalid_message", param=f"messages[{index}]")
    role = "system" if message["role"] == "developer" else message["role"]
    return {**message, "role": role, "content": content}


class Reply:
    """Puts the answering process's words into the wire's form."""

    def __init__(self, reply_id: str, model: str) -> None:
        self._head = {"id": f"chatcmpl-{reply_id}", "created": int(time.time()), "model": model}

    def whole(self, text: str, finish: str, usage: dict[str, int]) -> dict[str, Any]:
        """One complete answer."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": usage}

    def piece(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        """One piece of a stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice]}

    def usage(self, usage: dict[str, int]) -> dict[str, Any]:
        """The last piece of a stream that asked for usage."""
        return {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": usage}


def usage_of(done: dict[str, Any]) -> dict[str, int]:
    """Token counts on the wire's form."""
    prompt, completion = done["prompt_tokens"], done["completion_tokens"]
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
