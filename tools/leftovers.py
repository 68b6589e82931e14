"""What a killed process leaves of its work: named for who is at work on it, and swept by who comes next."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from tools.jobs import processes

NAMELESS_AGE_S = 86_400
"""What names no process is of an earlier version: a day old, nobody is at work on it."""


def prefix(what: str) -> str:
    """How a name of ours begins, such as `.images-`, with the process that is at work on it."""
    return f".{what}-{quote(processes.me(), safe='')}-"


def sweep(folder: Path, what: str) -> int:
    """Remove those whose process has ended; how many. One in use, also by another process or host, is never touched."""
    swept = 0
    for path in folder.glob(f".{what}-*"):
        if not _left(path, what):
            continue
        with suppress(OSError):  # another process sweeps too
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else os.unlink(path)
            swept += 1
    return swept


def _left(path: Path, what: str) -> bool:
    holder = unquote(path.name.removeprefix(f".{what}-").rpartition("-")[0])
    with suppress(ValueError):  # it names no process
        return processes.gone(holder)
    try:
        return time.time() - path.lstat().st_mtime > NAMELESS_AGE_S
    except OSError:
        return False
