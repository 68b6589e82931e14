"""The mind with a model: any OpenAI-compatible endpoint or Azure OpenAI, streamed, with its own deadline."""

import asyncio
import json
import re
import warnings
from functools import cache
from typing import Any, Literal, cast

import openai
from pydantic import BaseModel, ValidationError

from agent.facts import FACT_NAMES
from agent.kernel import PROMPTS
from agent.settings import ModelSettings, model_settings
from tools.errors import AdvisorError

_REASONING = re.compile(r"^(?:o\d|gpt-[5-9])")
MAX_TOKENS = 600
PROBE_S = 3.0


class StreamCut(Exception):
    """The stream ended without saying that it was finished."""


def client(settings: ModelSettings) -> openai.AsyncOpenAI:
    """The official client; few retries, since the guided answer is always at hand."""
    common: dict[str, Any] = {
        "api_key": settings.api_key,
        "max_retries": 1,
        "timeout": openai.Timeout(settings.read_timeout_s, connect=min(5.0, settings.read_timeout_s)),
    }
    if settings.azure:
        return openai.AsyncAzureOpenAI(
            azure_endpoint=cast(str, settings.base_url),
            azure_deployment=settings.model,
            api_version=cast(str, settings.api_version),
            **common,
        )
    return openai.AsyncOpenAI(base_url=settings.base_url, **common)


@cache
def _service_classes() -> tuple[type, type]:
    with warnings.catch_warnings():  # its Azure models use what pydantic calls deprecated, at import
        warnings.simplefilter("ignore")
        from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion, OpenAIChatCompletion

    class StreamGuard:
        """Without it a cut stream looks complete, and a cut call of a function without arguments is executed."""

        async def _inner_get_streaming_chat_message_contents(
            self, chat_history: Any, settings: Any, function_invoke_attempt: int = 0
        ) -> Any:
            last = None
            inner = super()._inner_get_streaming_chat_message_contents(  # type: ignore[misc]
                chat_history, settings, function_invoke_attempt
            )
            async for messages in inner:
                for message in messages:
                    last = message.finish_reason or last
                yield messages
            if last is None or last.value in ("length", "content_filter"):
                raise StreamCut(last.value if last else "cut")

    class Chat(StreamGuard, OpenAIChatCompletion):
        pass

    class AzureChat(StreamGuard, AzureChatCompletion):
        pass

    return Chat, AzureChat


def service(settings: ModelSettings) -> Any:
    """The chat-completion service of a model."""
    chat, azure = _service_classes()
    if settings.azure:
        return azure(deployment_name=settings.model, async_client=client(settings))
    return chat(ai_model_id=settings.model, async_client=client(settings))


def execution_settings(settings: ModelSettings, tools: bool) -> Any:
    """Short and plain: temperature 0, one call at a time."""
    from semantic_kernel.connectors.ai.open_ai import OpenAIChatPromptExecutionSettings

    given: dict[str, Any] = {"max_tokens": MAX_TOKENS, "temperature": 0}
    if _REASONING.match(settings.model):
        given = {"max_completion_tokens": 4 * MAX_TOKENS}
    if tools:
        given["parallel_tool_calls"] = False
    return OpenAIChatPromptExecutionSettings(**given)


_TOOLS: dict[tuple[str | None, str], bool] = {}


def forget_tools(settings: ModelSettings) -> None:
    """The endpoint said that it takes no tools."""
    _TOOLS[settings.base_url, settings.model] = False


async def supports_tools(settings: ModelSettings) -> bool:
    """Whether to offer tools. A llama.cpp server tells at /props; others are taken to, until they refuse."""
    key = (settings.base_url, settings.model)
    if key not in _TOOLS:
        _TOOLS[key] = settings.azure or settings.base_url is None or await _props_allow(settings.base_url)
    return _TOOLS[key]


async def _props_allow(base_url: str) -> bool:
    import httpx

    root = re.sub(r"/v1/?$", "", base_url.rstrip("/"))
    try:
        async with httpx.AsyncClient(timeout=PROBE_S, trust_env=False) as http:
            answer = await http.get(f"{root}/props")
            caps = answer.json().get("chat_template_caps") if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError, AttributeError):
        return True
    return not isinstance(caps, dict) or caps.get("supports_tools") is not False


class FactRead(BaseModel):
    """One fact that a model read."""

    fact: Literal[FACT_NAMES]  # type: ignore[valid-type]
    value: str
    quote: str


class FactsRead(BaseModel):
    """What a model read out of a message."""

    facts: list[FactRead]


async def read_facts(text: str, settings: ModelSettings) -> list[FactRead]:
    """Facts by a schema-constrained call; empty when the model cannot. What comes is only ever a suggestion."""
    extra: dict[str, Any] = {"max_tokens": MAX_TOKENS, "temperature": 0}
    if _REASONING.match(settings.model):
        extra = {"max_completion_tokens": 4 * MAX_TOKENS}
    system = (PROMPTS / "facts.md").read_text(encoding="utf-8")
    try:
        async with asyncio.timeout(min(20.0, settings.deadline_s)):
            async with client(settings) as c:
                answer = await c.chat.completions.parse(
                    model=settings.model,
                    messages=[{"role": "system", "content": system}, {"role": "user", "content": text[:6000]}],
                    response_format=FactsRead,
                    **extra,
                )
    except (openai.OpenAIError, ValidationError, ValueError, TimeoutError):
        return []
    parsed = answer.choices[0].message.parsed if answer.choices else None
    return parsed.facts if parsed else []


def value_of(read: FactRead) -> Any:
    """The value as JSON where it is JSON, else as text."""
    try:
        return json.loads(read.value)
    except ValueError:
        return read.value


def reason(error: BaseException, settings: ModelSettings) -> str:
    """Why a model did not answer, in one clear line without anything that was said."""
    where, cause = settings.where, error
    while not isinstance(cause, openai.OpenAIError | StreamCut | TimeoutError) and cause.__cause__ is not None:
        cause = cause.__cause__
    table: list[tuple[type[BaseException], str]] = [
        (StreamCut, "its answer broke off"),
        (openai.AuthenticationError, f"{where} refused the key; check ADVISOR_API_KEY"),
        (openai.PermissionDeniedError, f"{where} does not allow this key to use {settings.model}"),
        (openai.NotFoundError, f"{where} has no model named {settings.model}; check ADVISOR_MODEL"),
        (openai.RateLimitError, f"{where} is over its limit (429); try again later"),
        (openai.APITimeoutError, f"{where} did not answer in time"),
        (openai.APIConnectionError, f"{where} cannot be reached; check ADVISOR_BASE_URL"),
        (openai.InternalServerError, f"{where} failed ({getattr(cause, 'status_code', 'error')})"),
        (openai.BadRequestError, f"{where} did not accept the request (400)"),
        (openai.OpenAIError, f"{where} answered with an error"),
        (TimeoutError, f"{where} took longer than {settings.deadline_s:g} seconds"),
    ]
    if type(error).__name__ == "ContentFilterAIException" or "content_filter" in str(cause)[:500]:
        return f"the content filter of {where} stopped it"
    return next((text for kind, text in table if isinstance(cause, kind)), f"{where} sent something unreadable")


def refused_tools(error: BaseException) -> bool:
    """Whether an endpoint's 400 is about tools."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, openai.BadRequestError | openai.UnprocessableEntityError | openai.InternalServerError):
            return "tool" in str(cause).lower() or "function" in str(cause).lower()
        cause = cause.__cause__
    return False


def probe() -> str:
    """Ask the endpoint for one word, and say what works.

    Raises:
        AdvisorError: the settings cannot work, or the endpoint does not answer.
    """
    settings = model_settings()
    if settings is None:
        return "no model is set"
    return asyncio.run(_probe(settings))


async def _probe(settings: ModelSettings) -> str:
    try:
        async with asyncio.timeout(10):
            async with client(settings) as c:
                await c.chat.completions.create(
                    model=settings.model, messages=[{"role": "user", "content": "Say ok."}], max_completion_tokens=16
                )
    except (openai.OpenAIError, ValueError, TimeoutError) as e:
        raise AdvisorError(
            "the language model does not answer", where=settings.where, remedy=reason(e, settings)
        ) from None
    tools = "with tools" if await supports_tools(settings) else "without tools (guided planning instead)"
    return f"{settings.model} at {settings.where} answers, {tools}"
