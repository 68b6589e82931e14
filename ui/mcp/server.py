"""The Model Context Protocol over the registry of tools.py: standard input and output, nothing listens."""

import asyncio
import json
import logging
from importlib.metadata import version
from typing import Any

from mcp import types as t
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.stdio import stdio_server
from pydantic import AnyUrl, ValidationError

from tools.errors import AdvisorError
from tools.named import closest
from tools.progress import Progress
from ui.mcp import cases
from ui.mcp.tools import TOOLS

INSTRUCTIONS = (
    "Advice on whether to fine-tune a language model, from typed rules and measurements. Begin with `advise`. "
    "The recommendation and every figure are the tools'; do not change them. Launching a job and approving a plan or a "
    "page are a person's and not offered here."
)

PROBLEMS = {
    "missing": "is wanted",
    "extra_forbidden": "there is no such argument",
    "path_type": "a path is expected, as text",
}
"""In words, where pydantic speaks of Python."""


def make_server() -> Server[Any, Any]:
    """A server with every tool and resource of the door."""
    server: Server[Any, Any] = Server(
        "finetune-advisor", version=version("finetune-advisor"), instructions=INSTRUCTIONS
    )

    @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_tools() -> list[t.Tool]:
        return [
            t.Tool(
                name=tool.name,
                description=tool.description,
                inputSchema=tool.args.model_json_schema(),
                annotations=t.ToolAnnotations(
                    readOnlyHint=tool.read_only,
                    destructiveHint=False,
                    idempotentHint=tool.read_only,
                    openWorldHint=False,
                ),
            )
            for tool in TOOLS.values()
        ]

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> t.CallToolResult:
        return await _called(name, arguments, _progress(server))

    @server.list_resources()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_resources() -> list[t.Resource]:
        found = await asyncio.to_thread(cases.resources)
        return [t.Resource(uri=AnyUrl(uri), name=title, mimeType=kind) for uri, title, kind in found]

    @server.list_resource_templates()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_resource_templates() -> list[t.ResourceTemplate]:
        return [
            t.ResourceTemplate(uriTemplate=cases.CASE, name="case", mimeType="application/json"),
            t.ResourceTemplate(uriTemplate=cases.PAGE, name="page", mimeType="text/markdown"),
        ]

    @server.read_resource()  # type: ignore[no-untyped-call, untyped-decorator]
    async def read_resource(uri: AnyUrl) -> list[ReadResourceContents]:
        try:
            content, kind = await asyncio.to_thread(cases.read, str(uri))
        except AdvisorError as e:
            raise ValueError(str(e)) from None
        return [ReadResourceContents(content=content, mime_type=kind)]

    return server


def _progress(server: "Server[Any, Any]") -> Progress:
    """Progress of a tool as notifications, where the caller asked for them."""
    context = server.request_context
    token = context.meta.progressToken if context.meta else None
    loop = asyncio.get_running_loop()

    def tell(done: float, total: float | None = None, text: str = "") -> None:
        if token is not None:
            send = context.session.send_progress_notification(
                token, done, total=total, message=text, related_request_id=str(context.request_id)
            )
            asyncio.run_coroutine_threadsafe(send, loop)

    return tell


async def _called(name: str, arguments: dict[str, Any], progress: Progress) -> t.CallToolResult:
    tool = TOOLS.get(name)
    if tool is None:
        message = f"there is no tool {name[:40]!r}. {closest(name[:40], TOOLS)}"
        return _failed({"error": "unknown_tool", "message": message})
    try:
        result = await tool.handler(tool.args.model_validate(arguments), progress)
    except ValidationError as e:
        wrong = [
            {"field": ".".join(map(str, x["loc"])), "problem": PROBLEMS.get(x["type"], x["msg"])}
            for x in e.errors(include_url=False, include_input=False)
        ]
        return _failed({"error": "invalid_arguments", "details": wrong, "arguments": list(tool.args.model_fields)})
    except AdvisorError as e:
        return _failed({"error": "refused", "message": str(e)})
    except Exception as e:  # the words of an unforeseen error may hold rows
        message = f"{name} failed ({type(e).__name__}); try it from the command line"
        return _failed({"error": "failed", "message": message})
    text = json.dumps(result, ensure_ascii=False, default=str)
    return t.CallToolResult(content=[t.TextContent(type="text", text=text)], structuredContent=json.loads(text))


def _failed(what: dict[str, Any]) -> t.CallToolResult:
    return t.CallToolResult(isError=True, content=[t.TextContent(type="text", text=json.dumps(what))])


async def serve() -> None:
    """Speak on standard input and output until the other side closes."""
    logging.disable(logging.CRITICAL)  # libraries must write nothing that people said, and nothing to standard output
    server = make_server()
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
