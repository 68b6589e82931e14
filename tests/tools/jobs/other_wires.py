"""Providers of other wires, each on a port of its own; run as a program it serves one until it is ended."""

import sys
import threading
from typing import Any

from google_wire import Google, GoogleWire
from hub_wire import Hub, HubWire
from together_wire import Together, TogetherWire
from wire_provider import Quiet

KINDS = {"together": (Together, TogetherWire), "google": (Google, GoogleWire), "huggingface": (Hub, HubWire)}


class Serving:
    """One of them on a port of its own."""

    def __init__(self, kind: str) -> None:
        state, wire = KINDS[kind]
        self.kind = kind
        self.provider: Any = state()
        self.http = Quiet(("127.0.0.1", 0), type("Bound", (wire,), {"provider": self.provider}))
        self.url = self.provider.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Serving":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)


if __name__ == "__main__":
    serving = Serving(sys.argv[1])
    sys.stdout.write(serving.url + "\n")
    sys.stdout.flush()
    serving.http.serve_forever(poll_interval=0.02)
