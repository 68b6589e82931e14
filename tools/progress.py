"""How long work reports itself and learns that a person has stopped it."""

from threading import Event
from typing import Protocol

from tools.errors import CancelledError


class Progress(Protocol):
    """Called by long work now and then; raises CancelledError when a person has stopped it."""

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        """Report `done` of `total` (same unit; total None when unknown)."""


def silent(done: float, total: float | None = None, text: str = "") -> None:
    """Progress for callers that do not show any."""


class Stoppable:
    """Progress that forwards to `show` and can be stopped from another thread."""

    def __init__(self, show: Progress = silent) -> None:
        self._show = show
        self._stop = Event()

    def stop(self) -> None:
        """Ask the work to end at its next report."""
        self._stop.set()

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        """Forward the report, or raise CancelledError."""
        if self._stop.is_set():
            raise CancelledError("stopped", remedy="What was finished before is kept.")
        self._show(done, total, text)
