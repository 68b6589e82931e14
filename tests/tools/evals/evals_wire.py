"""A loopback server that speaks the OpenAI wire, asked through the real client. What it answers is a function."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]
Script = Callable[[dict[str, Any]], Answer]


def said(
    text: str, *, finish_reason: str = "stop", prompt_tokens: int = 7, completion_tokens: int = 2, **message: Any
) -> Answer:
    """A chat completion as the wire has it."""
    return 200, {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [
            {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": 9},
    }  # fmt: skip


def refused(status: int, message: str = "no") -> Answer:
    """An error as the wire has it."""
    return status, {"error": {"message": message, "type": "t", "code": None, "param": None}}


TOPICS = ("billing", "delivery", "login")


def topic_rows(start: int, n: int) -> list[dict[str, Any]]:
    """Chat rows whose topic cannot be told from their words (all words are shared), only from their number."""
    return [
        {
            "messages": [
                {"role": "system", "content": "Name the topic."},
                {"role": "user", "content": f"something about things, number {i}"},
                {"role": "assistant", "content": TOPICS[i % 3]},
            ]
        }
        for i in range(start, start + n)
    ]


class Wire:
    """A running server: its address, and every request it got."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with wire._lock:
                    wire.requests.append(body)
                    wire.keys.add(self.headers.get("Authorization", ""))
                    wire._now += 1
                    wire.most_at_once = max(wire.most_at_once, wire._now)
                try:
                    status, answer = wire.script(body)
                finally:
                    with wire._lock:
                        wire._now -= 1
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if isinstance(answer, bytes) else "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Retry-After-Ms", "1")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(script: Script) -> Iterator[Wire]:
    """A server for the length of a block."""
    wire = Wire(script)
    try:
        yield wire
    finally:
        wire.close()
