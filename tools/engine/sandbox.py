"""A grader written in Python, in a process of its own: no network, no other programs, no files, little memory and time.

Three walls, each for what the one before lets through. Limits of the operating system hold memory, time, processes and
written bytes. On Linux a filter in the kernel (seccomp) refuses sockets, other programs and every change to a file. An
audit hook of Python refuses the same by name, so that the message says what was tried, and all reading outside Python's
own library. Without the filter (macOS, other processors) the hook stands alone: it contains mistakes, not an attacker.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tools.engine import sandbox_filter
from tools.engine.wire import WireError

TIME_S = 5.0
LIMITS = {
    **{"RLIMIT_AS": 512 * 1024 * 1024, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_CPU": 600},
    **{"RLIMIT_NPROC": 0, "RLIMIT_NOFILE": 32},
}
BOOT = Path(__file__).with_name("sandbox_boot.py")


class PythonSandbox:
    """One source, ready to grade; started anew after it overran its time or died."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._process: subprocess.Popen[bytes] | None = None

    def grade(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """The score `grade(sample, item)` returns.

        Raises:
            WireError: 400 with the grader's own error, or that it took too long.
        """
        process = self._ready()
        told = self._ask(process, json.dumps([sample, item]))
        if told is None:
            raise WireError(400, f"The grader took more than {TIME_S:.0f} s or ended.", code="invalid_grader")
        answer = json.loads(told)
        if "error" in answer:
            raise WireError(400, f"The grader failed: {answer['error']}.", code="invalid_grader", param="grader.source")
        return float(answer["score"])

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(BOOT), json.dumps(LIMITS), (sandbox_filter.program() or b"").hex()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "", "LANG": "C.UTF-8"},
            cwd="/",
        )
        told = self._ask(self._process, json.dumps(self._source))
        if told != "ready":
            self.close()
            message = (
                f"The grader's source cannot be used: {told or 'it did not start'}. It must define grade(sample, item)."
            )
            raise WireError(400, message, code="invalid_grader", param="grader.source")
        return self._process

    def _ask(self, process: subprocess.Popen[bytes], line: str) -> str | None:
        """One line in, one line out; None, and the process is ended, when that takes too long."""
        if process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            answer, deadline = b"", time.monotonic() + TIME_S
            while not answer.endswith(b"\n"):
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                    raise TimeoutError
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    raise EOFError
                answer += piece
            return answer.decode().strip()
        except (OSError, EOFError):
            self.close()
            return None
