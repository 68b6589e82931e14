"""Work begun before it is needed: a forked child makes ready while this process goes on, then answers through a pipe.

Loading a tokenizer takes as long as importing all the rest; side by side on two cores, a small file is checked in
little more than half the time. Only for a process with one thread, on systems that can fork; else `begin` gives None.
"""

import contextlib
import os
import pickle
import threading
from collections.abc import Callable
from typing import Any


class Ahead:
    """A child that calls `make` at once and then its result with each request."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]]) -> None:
        ask_read, ask_write = os.pipe()
        answer_read, answer_write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(ask_write)
            os.close(answer_read)
            _serve(make, ask_read, answer_write)
        os.close(ask_read)
        os.close(answer_write)
        self._ask, self._answer = os.fdopen(ask_write, "wb"), os.fdopen(answer_read, "rb")

    def __call__(self, request: Any) -> Any:
        """The child's answer.

        Raises:
            EOFError: the child has ended, so there is none.
        """
        try:
            pickle.dump(request, self._ask)
            self._ask.flush()
            return pickle.load(self._answer)  # noqa: S301 -- what our own child writes
        except (BrokenPipeError, pickle.UnpicklingError):
            raise EOFError("the child has ended") from None

    def close(self) -> None:
        """End the child."""
        with contextlib.suppress(OSError):
            self._ask.close()
        self._answer.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def begin(make: Callable[[], Callable[[Any], Any]]) -> Ahead | None:
    """Start a child; None where that is not safe or not possible."""
    if not hasattr(os, "fork") or threading.active_count() != 1:
        return None
    try:
        return Ahead(make)
    except OSError:
        return None


def _serve(make: Callable[[], Callable[[Any], Any]], ask: int, answer: int) -> None:
    """The child's whole life; it never returns, whatever happens."""
    # Whatever goes wrong here, the parent sees the pipe end and does the work itself.
    with contextlib.suppress(BaseException):
        work = make()
        with os.fdopen(ask, "rb") as requests, os.fdopen(answer, "wb") as answers:
            while True:
                pickle.dump(work(pickle.load(requests)), answers)  # noqa: S301 -- what our own parent writes
                answers.flush()
    os._exit(0)
