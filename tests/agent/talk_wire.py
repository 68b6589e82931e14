"""A scripted server that speaks the chat-completions wire on loopback: the only stand-in, at the wire itself."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Exchange"], None]


class Exchange:
    """One request and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        self.handler, self.body = handler, body

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def tools(self) -> list[str]:
        return [t["function"]["name"] for t in self.body.get("tools", ())]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.body["messages"]  # type: ignore[no-any-return]

    def head(self, status: int = 200, kind: str = "text/event-stream", length: int | None = None) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Connection", "close")
        if length is not None:
            self.handler.send_header("Content-Length", str(length))
        self.handler.end_headers()

    def json(self, status: int, data: Any) -> None:
        raw = json.dumps(data).encode()
        self.head(status, "application/json", len(raw))
        self.handler.wfile.write(raw)

    def error(self, status: int, message: str = "no", code: str | None = None) -> None:
        self.json(status, {"error": {"message": message, "type": "error", "code": code}})

    def raw(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def chunk(self, delta: dict[str, Any], finish: str | None = None) -> None:
        data = {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        self.raw(f"data: {json.dumps(data)}\n\n".encode())

    def done(self) -> None:
        usage = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [],
                 "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}  # fmt: skip
        self.raw(f"data: {json.dumps(usage)}\n\ndata: [DONE]\n\n".encode())


def says(text: str) -> Reply:
    """Streamed in pieces of seven characters; whole when not streamed."""

    def reply(x: Exchange) -> None:
        if not x.streamed:
            message = {"role": "assistant", "content": text}
            x.json(200, {"id": "c1", "object": "chat.completion", "created": 1, "model": "scripted",
                         "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})  # fmt: skip
            return
        x.head()
        x.chunk({"role": "assistant", "content": ""})
        for i in range(0, len(text), 7):
            x.chunk({"content": text[i : i + 7]})
        x.chunk({}, "stop")
        x.done()

    return reply


def calls(name: str, arguments: str) -> Reply:
    """A tool call, its arguments in two pieces."""

    def reply(x: Exchange) -> None:
        x.head()
        middle = len(arguments) // 2
        call = {"index": 0, "id": f"call_{len(x.messages)}", "type": "function"}
        x.chunk(
            {"role": "assistant", "tool_calls": [{**call, "function": {"name": name, "arguments": arguments[:middle]}}]}
        )
        x.chunk({"tool_calls": [{"index": 0, "function": {"arguments": arguments[middle:]}}]})
        x.chunk({}, "tool_calls")
        x.done()

    return reply


def begins(text: str, then: Callable[[Exchange], None]) -> Reply:
    """Some text, and then a fault."""

    def reply(x: Exchange) -> None:
        x.head()
        x.chunk({"role": "assistant", "content": text})
        then(x)

    return reply


def bad_json(x: Exchange) -> None:
    x.raw(b'data: {"choices": [{"delta": {"content": "oh\n\n')


def cut(x: Exchange) -> None:
    x.handler.connection.close()


def ends_without_done(_x: Exchange) -> None:
    """The connection ends politely, with no finish_reason and no [DONE]."""


def finishes(reason: str) -> Callable[[Exchange], None]:
    def then(x: Exchange) -> None:
        x.chunk({}, reason)
        x.done()

    return then


def hangs(x: Exchange) -> None:
    time.sleep(3)


def status(code: int, message: str = "no", kind: str | None = None) -> Reply:
    return lambda x: x.error(code, message, kind)


class Wire:
    """The server. `replies` answer streamed requests in turn, the last for ever; `facts` answers structured ones."""

    def __init__(self, *replies: Reply, facts: Reply | None = None, supports_tools: bool | None = None) -> None:
        self.replies = list(replies) or [says("Hello.")]
        self.facts = facts or says('{"facts": []}')
        self.supports_tools = supports_tools
        self.seen: list[dict[str, Any]] = []
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None: ...

            def do_GET(self) -> None:
                x = Exchange(self, {})
                if self.path == "/props" and wire.supports_tools is not None:
                    x.json(200, {"chat_template_caps": {"supports_tools": wire.supports_tools}})
                else:
                    x.error(404)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                wire.seen.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
                x = Exchange(self, body)
                try:
                    if body.get("response_format"):
                        wire.facts(x)
                    else:
                        reply = wire.replies.pop(0) if len(wire.replies) > 1 else wire.replies[0]
                        reply(x)
                except (BrokenPipeError, ConnectionResetError):
                    pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def streamed(self) -> list[dict[str, Any]]:
        return [s for s in self.seen if s.get("stream")]

    def __enter__(self) -> "Wire":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def wired(*replies: Reply, **options: Any) -> Iterator[Wire]:
    with Wire(*replies, **options) as wire:
        yield wire
