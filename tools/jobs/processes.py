"""Which process holds a launch, and whether it still lives."""

import os
import platform

import psutil


def me() -> str:
    """This process: host, id, and start time, since ids are used again."""
    return f"{platform.node()} {os.getpid()} {psutil.Process().create_time():.2f}"


def gone(holder: str) -> bool:
    """Whether that process is known to have ended. On another host nobody can tell: False."""
    host, pid, started = holder.rsplit(" ", 2)
    if host != platform.node():
        return False
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != started
    except psutil.Error:
        return True
