"""A grader written in Python, in a process of its own: no network, no files to write, little memory, little time.

Limits of the operating system hold memory, time, processes and written bytes; an audit hook refuses sockets and other
programs. It is meant to contain mistakes, not an attacker: the source is the person's own.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from typing import Any

from tools.engine.wire import WireError

TIME_S = 5.0
LIMITS = {"RLIMIT_AS": 512 * 1024 * 1024, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_CPU": 600}
BOOT = """
import json, resource, sys
for limit, most in json.loads(sys.argv[1]).items():
    resource.setrlimit(getattr(resource, limit), (most, most))
REFUSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.spawn", "os.system", "os.posix_spawn", "ctypes.")
def guard(event, args):
    writes = event == "open" and isinstance(args[1], str) and any(c in args[1] for c in "wax+")
    if writes or event.startswith(REFUSED):
        raise PermissionError(f"a grader may not use {event}")
source, space = json.loads(sys.stdin.readline()), {}
out, sys.stdout = sys.stdout, sys.stderr
try:
    code = compile(source, "<grader>", "exec")
    import math, re, collections, itertools, statistics, string, difflib, random, datetime, decimal, fractions
    sys.addaudithook(guard)
    exec(code, space)
    space["grade"]
    out.write("ready\\n")
except BaseException as e:
    out.write(f"{type(e).__name__}: {e}\\n")
out.flush()
for line in sys.stdin:
    sample, item = json.loads(line)
    try:
        told = {"score": float(space["grade"](sample, item))}
    except BaseException as e:
        told = {"error": f"{type(e).__name__}: {e}"[:300]}
    out.write(json.dumps(told) + "\\n")
    out.flush()
"""


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
            [sys.executable, "-I", "-S", "-c", BOOT, json.dumps(LIMITS)],
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
