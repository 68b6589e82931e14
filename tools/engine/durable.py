"""Files that are either old or new after a crash, never between; and append-only JSON lines that survive a torn end."""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def write_bytes(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace `path` in one step: write beside it, flush to disk, rename."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_json(path: Path, value: Any, mode: int = 0o600) -> None:
    """`write_bytes` for a JSON value."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, indent=1).encode(), mode)


def read_json(path: Path) -> Any | None:
    """The JSON value in `path`, or None when there is no such file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None


def sync_folder(path: Path) -> None:
    """Make a rename in `path` last."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append_line(path: Path, value: Any) -> None:
    """Append one JSON line; several processes may do so at once (one write each, O_APPEND)."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, b"\n" + line if torn else line)
    finally:
        os.close(handle)


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """(line number from 1, value) of every whole line; a line torn by a crash is passed over."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            if line:
                yield number, json.loads(line)
        except ValueError:
            continue
