"""`python -m tools.engine.worker`: the answering process. JSON lines in, JSON lines out; one batch at a time.

In:  {"op": "generate", "base", "adapter", "batch": [{"id", "messages", "tools", "temperature", ...}]}
     {"op": "cancel", "id"}
Out: {"id", "text"}                                                        a piece
     {"id", "done": true, "finish_reason", "prompt_tokens", "completion_tokens"[, "text"]}   the end
     {"id", "error": {"status", "message", "code", "param"}}               instead of an end
"""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

from tools.engine.rows import DataError
from tools.errors import AdvisorError


class Worker:
    """Holds the weights asked for last."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._cancelled: set[str] = set()
        self._orders: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._loaded: tuple[tuple[str, str | None], Any] | None = None

    def run(self, source: TextIO) -> None:
        """Work until the server closes its end."""
        threading.Thread(target=self._listen, args=(source,), daemon=True).start()
        while (order := self._orders.get()) is not None:
            self._generate(order)

    def _listen(self, source: TextIO) -> None:
        for line in source:
            order = json.loads(line)
            if order["op"] == "cancel":
                self._cancelled.add(order["id"])
            else:
                self._orders.put(order)
        os._exit(0)  # the server is gone: so is the need for this process

    def _tell(self, message: dict[str, Any]) -> None:
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def _generate(self, order: dict[str, Any]) -> None:
        open_ids = {row["id"] for row in order["batch"]}

        def tell(message: dict[str, Any]) -> None:
            if message.get("done") or "error" in message:
                open_ids.discard(message["id"])
            self._tell(message)

        try:
            decoder = self._decoder(order["base"], order["adapter"])
            decoder.answer(order["batch"], tell, self._cancelled)
        except (DataError, AdvisorError) as e:
            self._fail(open_ids, 400, str(e), "unavailable")
        except MemoryError:
            self._fail(open_ids, 503, "There is not enough memory to answer. Close something and ask again.", "memory")
        except Exception as e:
            sys.stderr.write(f"answering failed: {type(e).__name__} in {_place(e)}\n")
            self._fail(open_ids, 500, f"Answering failed ({type(e).__name__}).", "answering_failed")
        self._cancelled.clear()

    def _fail(self, ids: set[str], status: int, message: str, code: str) -> None:
        for row_id in list(ids):
            self._tell({"id": row_id, "error": {"status": status, "message": message, "code": code, "param": None}})

    def _decoder(self, base: str, adapter: str | None) -> Any:
        key = (base, adapter)
        if self._loaded is None or self._loaded[0] != key:
            from tools.engine.decoding import Decoder

            if Path(base).is_absolute():
                os.environ["HF_HUB_OFFLINE"] = "1"
            self._loaded = None  # let the old weights go before the new ones come
            self._loaded = (key, Decoder.load(base, adapter))
        return self._loaded[1]


def _place(e: BaseException) -> str:
    """File and line, without the values: no row of data may reach a log."""
    trace = e.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def main() -> None:
    """Keep standard output for the protocol: whatever a library prints goes to the log."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    Worker(out).run(sys.stdin)


if __name__ == "__main__":
    main()
