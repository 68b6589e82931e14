"""Knowing a process again: a pid alone may be another process's by now, a pid with its start time is not."""

import os
import signal
import time
from pathlib import Path

import psutil
from pydantic import BaseModel

from tools.workspace import folder


class ProcessId(BaseModel):
    """A process that can be recognised after a restart of the server."""

    pid: int
    started: float
    """Start time as the system gives it, seconds since the epoch."""


QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    # Threads that wait by spinning take the processor from the one they wait for: on a machine with other work,
    # 32 short answers took 50 s (20 s of processor time) with OpenMP's default and 11 s (5 s) with this.
    "GOMP_SPINCOUNT": "1000",
}
"""For every process that trains or answers, wherever it runs."""


def environment() -> dict[str, str]:
    """For a process of the engine: this code importable, no key of others, nothing written outside ADVISOR_HOME."""
    root = str(Path(__file__).parents[2])
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    scratch = str(folder("engine", "scratch"))
    ours = QUIET | {
        "PYTHONPATH": os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH")])),
        "TMPDIR": scratch,
        "HF_HOME": str(folder("models", ".hub")),
        "TORCHINDUCTOR_CACHE_DIR": scratch,
    }
    return ours | kept | {name: ours[name] for name in ("PYTHONPATH", "TMPDIR", "HF_HOME")}


def identify(pid: int) -> ProcessId:
    """The identity of a process that runs now."""
    return ProcessId(pid=pid, started=psutil.Process(pid).create_time())


def alive(process: ProcessId | None) -> bool:
    """Whether that very process still runs (one that ended but was not collected counts as ended)."""
    if process is None:
        return False
    try:
        found = psutil.Process(process.pid)
        return abs(found.create_time() - process.started) < 1 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def stop_group(process: ProcessId, grace_s: float = 3.0) -> None:
    """End the process and all it started: asked first, made to after `grace_s`."""
    if not alive(process):
        return
    try:
        os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while alive(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        if alive(process):
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
    deadline = time.monotonic() + grace_s
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
