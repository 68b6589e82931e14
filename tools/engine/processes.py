"""Knowing a process again: a pid alone may be another process's by now, a pid with its start time is not."""

import os
import signal
import time

import psutil
from pydantic import BaseModel


class ProcessId(BaseModel):
    """A process that can be recognised after a restart of the server."""

    pid: int
    started: float
    """Start time as the system gives it, seconds since the epoch."""


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
