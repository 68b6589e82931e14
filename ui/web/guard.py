"""What every request passes first: known host, known origin, bounded body, bounded rate, safe headers.

Plain ASGI (not BaseHTTPMiddleware), so that websockets pass untouched. Reasons: docs/security.md.
"""

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

UPLOAD_PATH = "/project/file"


class _TooLargeError(Exception):
    """The body went past the cap while it was being read."""


class RateLimit:
    """A token bucket for each client: `burst` at once, `per_second` sustained."""

    def __init__(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst = per_second, burst
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, client: str) -> bool:
        """Take one token; False when there is none."""
        now = time.monotonic()
        if len(self._buckets) > 10_000:  # an attacker with many addresses must not fill memory
            self._buckets.clear()
        tokens, last = self._buckets.get(client, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - last) * self.per_second)
        if tokens < 1:
            self._buckets[client] = (tokens, now)
            return False
        self._buckets[client] = (tokens - 1, now)
        return True


def content_security_policy(script_hashes: set[str]) -> str:
    """The policy for every page: nothing from elsewhere, inline scripts by hash only.

    'unsafe-eval' is needed by Chainlit's custom elements, our cards.
    """
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self' 'unsafe-eval'", *sorted(script_hashes)]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: App,
        *,
        hosts: set[str],
        max_upload_bytes: int,
        script_hashes: set[str],
        max_body_bytes: int = 2_000_000,
        rate: RateLimit | None = None,
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.max_upload_bytes, self.max_body_bytes = max_upload_bytes, max_body_bytes
        self.script_hashes = script_hashes
        self.rate = rate or RateLimit(per_second=20, burst=100)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with a counted body and safe headers."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal:
            await _refuse(scope, receive, send, *refusal)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        await self._http(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if "*" not in self.hosts and (urlsplit(f"//{host}").hostname or "") not in self.hosts:
            return 421, "This server does not answer to that host name."
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if changes and origin and urlsplit(origin).netloc != host:
            return 403, "Requests from other sites are refused."
        if scope["type"] == "http":
            cap = self._cap(scope)
            declared = headers.get("content-length", "")
            if declared.isdigit() and int(declared) > cap:
                return 413, too_large(cap)
            client = (scope.get("client") or ("?",))[0]
            if scope["method"] not in ("GET", "HEAD") and not self.rate.allows(client):
                return 429, "Too many requests at once. Wait a few seconds and try again."
        return None

    def _cap(self, scope: Scope) -> int:
        # Room for the multipart envelope, so that a file of exactly the cap passes.
        return self.max_upload_bytes + 10_000 if scope["path"].endswith(UPLOAD_PATH) else self.max_body_bytes

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        cap, seen, started, gone = self._cap(scope), 0, False, False

        async def counted() -> Message:
            nonlocal seen, gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > cap:
                    raise _TooLargeError
            return message

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *self._headers(scope)]
            await send(message)

        try:
            await self.app(scope, counted, with_headers)
        except _TooLargeError:
            if not started:
                await _refuse(scope, receive, with_headers, 413, too_large(cap))
        except RuntimeError:
            if not gone:  # Chainlit's middleware raises when a browser leaves before it was answered
                raise

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = [
            ("content-security-policy", content_security_policy(self.script_hashes)),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ]
        if scope["path"].startswith(UPLOAD_PATH):
            headers.append(("content-disposition", "attachment"))  # an uploaded page never runs in our origin
        return [(k.encode(), v.encode()) for k, v in headers]


def too_large(cap: int) -> str:
    """What a person reads when a file is over the cap."""
    return (
        f"The file is larger than {cap // 1_000_000} MB, the most this page takes. "
        "Check it where it lies instead: finetune-advisor lint FILE"
    )


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403})
        return
    body = json.dumps({"detail": detail}).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
