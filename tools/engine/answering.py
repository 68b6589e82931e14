"""The server's side of the answering process: started when first needed, fed in batches, let go when idle."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tools.engine import processes
from tools.engine.models import Weights
from tools.engine.recipe import default
from tools.engine.wire import WireError

GATHER_S = 0.01
"""How long a first request waits for others to share its batch."""


class Waiting:
    """One request: what it asks, and a queue its pieces arrive in."""

    def __init__(self, weights: Weights, ask: dict[str, Any]) -> None:
        self.id = secrets.token_hex(8)
        self.weights, self.ask = weights, ask
        self.pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = False


class Answering:
    """One worker process; requests for the same weights that wait together are decoded together."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._waiting: list[Waiting] = []
        self._active: dict[str, Waiting] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._arrived = asyncio.Event()
        self._last_used = time.monotonic()
        self._release = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, weights: Weights, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Pieces {"text"} and, last, {"done": true, "finish_reason", ...}.

        Raises:
            WireError: what the worker could not do.
        """
        waiting = Waiting(weights, request)
        self._waiting.append(waiting)
        self._arrived.set()
        try:
            while True:
                piece = await waiting.pieces.get()
                if "error" in piece:
                    error = piece["error"]
                    raise WireError(error["status"], error["message"], code=error.get("code"), param=error.get("param"))
                yield piece
                if piece.get("done"):
                    return
        finally:
            waiting.gone = True
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            if waiting.id in self._active:
                self._tell({"op": "cancel", "id": waiting.id})

    def release_soon(self) -> None:
        """Ask, from any thread, that the worker's memory be freed once it has no request."""
        self._release = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def run(self) -> None:
        """Serve until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), timeout=5)
                self._arrived.clear()
                idle = time.monotonic() - self._last_used > default("chat_idle_s")
                if self._process and not self._waiting and (idle or self._release):
                    await self._stop()
                self._release = False
                while self._waiting:
                    await self._serve_batch()
        finally:
            await self._stop()

    async def _serve_batch(self) -> None:
        await asyncio.sleep(GATHER_S)
        if not self._waiting:
            return
        first = self._waiting[0]
        batch = [w for w in self._waiting if w.weights == first.weights][: default("chat_batch")]
        self._waiting = [w for w in self._waiting if w not in batch]
        self._active = {w.id: w for w in batch}
        try:
            await self._ensure_process()
            adapter = str(first.weights.adapter) if first.weights.adapter else None
            rows = [{"id": w.id, **w.ask} for w in batch]
            self._tell({"op": "generate", "base": first.weights.base, "adapter": adapter, "batch": rows})
            await self._read_until_done()
        except (OSError, ValueError, asyncio.IncompleteReadError) as e:
            await self._stop()
            self._fail(f"The answering process ended: {type(e).__name__}. Ask again; it starts anew.")
        finally:
            self._active = {}
            self._last_used = time.monotonic()

    async def _read_until_done(self) -> None:
        source = self._process.stdout if self._process else None
        while self._active and source:
            line = await source.readline()
            if not line:
                raise ConnectionError
            told = json.loads(line)
            waiting = self._active.get(told["id"])
            if waiting is None:
                continue
            waiting.pieces.put_nowait(told)
            if told.get("done") or "error" in told:
                del self._active[told["id"]]

    def _fail(self, message: str) -> None:
        for waiting in self._active.values():
            waiting.pieces.put_nowait({"error": {"status": 503, "message": message, "code": "worker_ended"}})

    def _tell(self, message: dict[str, Any]) -> None:
        if self._process and self._process.stdin and self._process.returncode is None:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _ensure_process(self) -> None:
        if self._process and self._process.returncode is None:
            return
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tools.engine.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=processes.environment(),
                limit=64 * 1024 * 1024,
                start_new_session=True,
            )

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 3)
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
