"""One Semantic Kernel agent over the fixed list of functions; which service stands behind it is the mind's affair."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from agent.case import ChatLine
from agent.events import Event, PlanProposed
from agent.filters import Guard
from agent.plugins import TOOLS, Desk, Tool, as_text, call

PLUGIN = "advisor"
ROUNDS = 4
"""Rounds of function calls in one turn."""
PROMPTS = Path(__file__).parent / "prompts"
_LOUD = {
    # These write arguments, bodies or exception texts, which hold what people said.
    "semantic_kernel": logging.CRITICAL + 1,
    "openai": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpcore2": logging.WARNING,
}


def quiet_logs() -> None:
    """Keep libraries from writing what people said into a log, whatever level the root has."""
    for name, level in _LOUD.items():
        logging.getLogger(name).setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        if name.split(".", 1)[0] in _LOUD:
            logging.getLogger(name).setLevel(_LOUD[name.split(".", 1)[0]])


def inline(schema: Any, root: dict[str, Any] | None = None) -> Any:
    """A JSON schema without references and titles, as each parameter must stand by itself."""
    root = root or schema
    if isinstance(schema, dict):
        if "$ref" in schema:
            target = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
            return inline({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, root)
        return {
            k: inline(v, root) for k, v in schema.items() if k != "$defs" and not (k == "title" and isinstance(v, str))
        }
    return [inline(x, root) for x in schema] if isinstance(schema, list) else schema


def typed_tool(tool: Tool, desk: Desk) -> Any:
    """A kernel function with the exact schema of the tool's arguments; checked, and never raising into the loop."""
    from semantic_kernel.functions import KernelParameterMetadata, kernel_function
    from semantic_kernel.functions.kernel_function_from_method import KernelFunctionFromMethod

    schema = inline(tool.args.model_json_schema())
    required = set(schema.get("required", []))

    @kernel_function(name=tool.name, description=tool.description)
    async def run(**arguments: Any) -> str:
        return as_text(await call(tool, desk, arguments), limit=200_000)

    parameters = [
        KernelParameterMetadata(
            name=name,
            description=part.get("description"),
            type_=str(part.get("type", "object")),
            is_required=name in required,
            default_value=part.get("default"),
            schema_data=part,
            type_object=None,
        )
        for name, part in schema.get("properties", {}).items()
    ]
    return KernelFunctionFromMethod(method=run, plugin_name=PLUGIN, parameters=parameters)


def function_names() -> list[str]:
    """Full names of every kernel function there is."""
    return [f"{PLUGIN}-{name}" for name in TOOLS]


def make_agent(service: Any, desk: Desk, guard: Guard, settings: Any = None) -> Any:
    """An agent for one turn (objects only, so it is cheap): its own kernel, functions and filter."""
    from semantic_kernel import Kernel
    from semantic_kernel.agents import ChatCompletionAgent
    from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
    from semantic_kernel.filters import FilterTypes
    from semantic_kernel.functions import KernelArguments, KernelPlugin

    kernel = Kernel()
    kernel.add_filter(FilterTypes.AUTO_FUNCTION_INVOCATION, guard)
    plugin = KernelPlugin(name=PLUGIN, functions=[typed_tool(t, desk) for t in TOOLS.values()])
    choice = (
        FunctionChoiceBehavior.Auto(filters={"included_functions": sorted(guard.allowed)}) if guard.allowed else None
    )
    if choice is not None:
        choice.maximum_auto_invoke_attempts = ROUNDS
    return ChatCompletionAgent(
        kernel=kernel,
        name="Advisor",
        instructions=(PROMPTS / "guide.md").read_text(encoding="utf-8"),
        plugins=[plugin] if guard.allowed else [],
        service=service,
        function_choice_behavior=choice,
        arguments=KernelArguments(settings=settings) if settings is not None else None,
    )


async def run_agent(
    agent: Any, desk: Desk, history: Sequence[ChatLine], message: str, events: "asyncio.Queue[Event | str | None]"
) -> None:
    """One turn of the agent: pieces of text and events go to the queue as they come; None ends it.

    Raises: whatever the service raised; the caller names it.
    """
    from semantic_kernel.agents import ChatHistoryAgentThread
    from semantic_kernel.contents import ChatHistory

    past = ChatHistory()
    for line in history:
        (past.add_user_message if line.role == "user" else past.add_assistant_message)(line.text)
    thread = ChatHistoryAgentThread(chat_history=past)
    proposed = 0
    try:
        async for item in agent.invoke_stream(messages=message, thread=thread):
            for plan in desk.plans[proposed:]:
                events.put_nowait(PlanProposed(plan))
            proposed = len(desk.plans)
            if text := str(item.message):
                events.put_nowait(text)
        for plan in desk.plans[proposed:]:
            events.put_nowait(PlanProposed(plan))
    finally:
        events.put_nowait(None)


async def stream(task: "asyncio.Task[None]", events: "asyncio.Queue[Event | str | None]") -> AsyncIterator[Event | str]:
    """What `run_agent` puts out, until it ends; its exception is raised here. Leaving early cancels it."""
    try:
        while (item := await events.get()) is not None:
            yield item
        await task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def brief_json(data: dict[str, Any]) -> str:
    """Data for a prompt, as JSON."""
    return json.dumps(data, ensure_ascii=False, default=str)
