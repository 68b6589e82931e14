"""What the providers of other wires share: counting creations, and failing as they are told, like wire_provider.py.

Their answers are built from the clients' published types; test_jobs_wires.py reads every one of them back with those.
"""

import json
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

from wire_provider import Handler

REFUSALS = {
    "400": "The model cannot be fine-tuned.",
    "401": "The key is not valid.",
    "403": "Fine-tuning is not available to your organisation (training_not_available).",
    "408": "Timed out.",
    "409": "Conflict.",
    "422": "The technique is not supported for this model.",
    "429": "Quota exceeded.",
    "500": "Something went wrong.",
}


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class State:
    """What every one of them keeps."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.posts: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: deque[str] = deque()
        self.upload_faults: deque[str] = deque()
        self.said: list[tuple[str, Any]] = []
        """Every answer, with the kind of thing it is: read back with the client's types."""
        self.url = ""
        self._numbers = 0

    def number(self) -> int:
        with self.lock:
            self._numbers += 1
            return self._numbers

    def keys(self) -> dict[str, str | None]:
        """Job -> the launch key that it carries."""
        raise NotImplementedError

    def counts(self) -> dict[str, Any]:
        with self.lock:
            return {"posts": len(self.posts), "jobs": len(self.jobs), "keys": self.keys(), "uploads": len(self.files)}


class Wire(Handler):
    """The faults and forms of answer they share."""

    provider: Any

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding") == "chunked":
            whole = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def tell(self, kind: str, body: Any, status: int = 200) -> None:
        self.provider.said.append((kind, body))
        self.answer(status, body)

    def refuse(self, status: int, message: str) -> None:
        raise NotImplementedError

    def create_job(self, body: dict[str, Any], kind: str) -> None:
        p = self.provider
        with p.lock:
            p.posts.append(body)
            p.headers.append(dict(self.headers))
            fault = p.faults.popleft() if p.faults else "none"
        name, _, amount = fault.partition(":")
        if name in REFUSALS:
            return self.refuse(int(name), REFUSALS[name])
        if name == "429-html":
            return self.answer(429, "<html>slow down</html>", html=True)
        if name == "redirect":
            return self.answer(307, "", {"location": self.path})
        if name == "reset-before":
            return self.reset()
        job = p.make_job(body)
        if name == "502-html":
            return self.answer(502, "<html>bad gateway</html>", html=True)
        if name == "reset-after":
            return self.reset()
        if name == "html-200":
            return self.answer(200, "<html>welcome</html>", html=True)
        if name == "half-json":
            return self.answer(200, '{"id": "')
        if name == "slow-after":
            time.sleep(float(amount))
        return self.tell(kind, job)

    def control(self, path: str, raw: bytes) -> bool:
        if path == "/_faults":
            self.provider.faults = deque(json.loads(raw))
            self.answer(200, {})
        return path == "/_faults"
