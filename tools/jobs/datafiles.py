"""Files as they were approved: copied by content into the home folder, and read back only if every byte is the same."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools import leftovers, workspace
from tools.errors import InputError, RefusedError, UnavailableError
from tools.jobs.models import DataFile

CAP_BYTES = 1024**3
"""Larger than any provider takes (512 MB at OpenAI and Azure)."""


def keep(path: Path, tokens: int | None) -> DataFile:
    """Copy a file into the content-addressed store; a file that is there already is not copied again.

    Raises:
        InputError: it cannot be read or holds nothing.
        UnavailableError: the disk is full.
    """
    digest, size, rows = hashlib.sha256(), 0, 0
    try:
        with path.open("rb") as source, _beside() as temporary:
            with temporary.open("wb") as copy:
                for line in source:
                    size += len(line)
                    if size > CAP_BYTES:
                        raise InputError(f"larger than {CAP_BYTES // 1024**2} MB", where=str(path))
                    rows += bool(line.strip())
                    digest.update(line)
                    copy.write(line)
                copy.flush()
                os.fsync(copy.fileno())
            if rows == 0:
                raise InputError("the file holds no examples", where=str(path), remedy="Choose another file.")
            kept = _place(digest.hexdigest())
            if not kept.exists():
                temporary.chmod(0o400)
                temporary.replace(kept)
    except InputError:
        raise
    except OSError as e:
        if e.filename == str(path):
            raise InputError(f"cannot be read ({e.strerror})", where=str(path)) from None
        raise UnavailableError(
            f"the data cannot be copied ({e.strerror})", where=str(workspace.home()), remedy="Free some disk space."
        ) from e
    return DataFile(sha256=digest.hexdigest(), bytes=size, rows=rows, tokens=tokens)


def content(file: DataFile) -> bytes:
    """The bytes that were approved; the digest is computed from exactly what is returned.

    Raises:
        RefusedError: the kept copy is missing or was changed since.
    """
    path = _place(file.sha256)
    try:
        data = path.read_bytes()
    except OSError:
        raise RefusedError("the data that was approved is no longer there", where=str(path), remedy=_AGAIN) from None
    rows = sum(1 for line in data.splitlines() if line.strip())
    if hashlib.sha256(data).hexdigest() != file.sha256 or len(data) != file.bytes or rows != file.rows:
        raise RefusedError("the data is not what was approved", where=str(path), remedy=_AGAIN)
    return data


_AGAIN = "Propose the plan again and approve it anew."


def kept_at(file: DataFile) -> Path:
    """Where the kept copy lies."""
    return _place(file.sha256)


def upload_name(file: DataFile) -> str:
    """The name it is sent under: its digest, so that it is found again; never the person's own file name."""
    return f"ft-{file.sha256}.jsonl"


def _place(sha256: str) -> Path:
    return workspace.folder("datasets") / f"{sha256}.jsonl"


@contextlib.contextmanager
def _beside() -> Iterator[Path]:
    folder = workspace.folder("datasets")
    leftovers.sweep(folder, "copy")
    handle, name = tempfile.mkstemp(prefix=leftovers.prefix("copy"), dir=folder)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
