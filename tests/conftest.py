"""No test touches a real user's data, a real key or the network."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` means: one more than there are cores, as much of the time is waiting."""
    return min(4, (os.cpu_count() or 1) + 1)


os.environ.setdefault("HF_HUB_OFFLINE", "1")
USUAL_SECONDS = 0.1
"""Of the work that `patience` measures."""
LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ADVISOR_HOME in a temporary folder, and no setting or key of the machine's own."""
    for name in list(os.environ):
        if name.startswith("ADVISOR_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    path = tmp_path / "advisor-home"
    monkeypatch.setenv("ADVISOR_HOME", str(path))
    return path


@pytest.fixture
def patience() -> Callable[[], float]:
    """How many times as long as it should this machine takes at the moment, at least 1.

    Promises in seconds are held in processor time, times this: a machine shared with others may run at a third of its
    speed, whatever its load says. A tenth of a second of plain Python is the measure.
    """

    def measure() -> float:
        took = []
        for _ in range(3):
            start = time.process_time()
            sum(i * i for i in range(2_000_000))
            took.append(time.process_time() - start)
        return max(1.0, sorted(took)[1] / USUAL_SECONDS)

    return measure


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection beyond this machine fails the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address[0]}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    look_up, known = socket.getaddrinfo, (*LOOPBACK, "0.0.0.0", "::", socket.gethostname())

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        # Not an assertion: clients look names up in threads of their own, where nobody would see it.
        if name and not name.startswith(known):
            raise socket.gaierror(socket.EAI_NONAME, f"a test asked where {name} is")
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
