"""Uploaded training files and results: a folder each, holding the bytes and what is known of them."""

import hashlib
import json
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO

from tools.engine import paths
from tools.engine.durable import read_json, write_json
from tools.engine.wire import WireError, not_found

PURPOSES = ("fine-tune", "fine-tune-results")
LINE_CAP = 8 * 1024 * 1024
"""No row longer than this is taken: it could not be trained on here, and it would be held in memory."""


def save(stream: BinaryIO, filename: str, purpose: str, *, check: bool = True) -> dict[str, Any]:
    """Store one upload; the folder appears only when it is whole.

    Raises:
        WireError: 400 when it is empty or not JSON Lines, 507 when the disk is full.
    """
    if purpose not in PURPOSES:
        raise WireError(400, f"This engine takes files for 'fine-tune', not '{purpose}'.", param="purpose")
    file_id = f"file-{secrets.token_hex(12)}"
    beside = paths.files() / f".{file_id}"
    try:
        beside.mkdir(mode=0o700)
        digest, size = _copy(stream, beside / "content", check)
        meta = {
            "id": file_id,
            "object": "file",
            "bytes": size,
            "created_at": int(time.time()),
            "filename": Path(filename).name or "upload.jsonl",
            "purpose": purpose,
            "status": "processed",
            "sha256": digest,
        }
        write_json(beside / "meta.json", meta)
        beside.rename(paths.files() / file_id)
    except OSError as e:
        raise WireError(507, f"The file could not be stored: {e.strerror}. Free some space and try again.") from e
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return meta


def _copy(stream: BinaryIO, target: Path, check: bool) -> tuple[str, int]:
    digest, size, number = hashlib.sha256(), 0, 0
    with target.open("wb") as out:
        while line := stream.readline(LINE_CAP + 1):
            number += 1
            if check:
                _check_line(line, number)
            digest.update(line)
            size += len(line)
            out.write(line)
    if check and size == 0:
        raise WireError(400, "The file is empty.", code="empty_file", param="file")
    return digest.hexdigest(), size


def _check_line(line: bytes, number: int) -> None:
    if len(line) > LINE_CAP:
        raise WireError(400, f"Line {number} is longer than {LINE_CAP} bytes.", code="line_too_long", param="file")
    text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    if not text.strip():
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        message = f"Line {number} is not a JSON object. A training file is JSON Lines: one object a line, UTF-8."
        raise WireError(400, message, code="invalid_jsonl", param="file")


def get(file_id: str) -> dict[str, Any]:
    """What is known of one file.

    Raises:
        WireError: 404.
    """
    meta = read_json(folder(file_id) / "meta.json")
    if meta is None:
        raise not_found("file", file_id)
    found: dict[str, Any] = meta
    return found


def folder(file_id: str) -> Path:
    """Where one file lives (it may not exist)."""
    if not file_id.startswith("file-") or not file_id.replace("-", "").isalnum():
        raise not_found("file", file_id)
    return paths.files() / file_id


def content(file_id: str) -> Path:
    """The bytes of one file.

    Raises:
        WireError: 404.
    """
    get(file_id)
    return folder(file_id) / "content"


def everything(purpose: str | None = None, order: str = "desc") -> list[dict[str, Any]]:
    """All files, newest first unless `order` is asc."""
    metas = [meta for path in paths.files().glob("file-*/meta.json") if (meta := read_json(path))]
    chosen = [meta for meta in metas if purpose in (None, meta["purpose"])]
    return sorted(chosen, key=lambda m: (m["created_at"], m["id"]), reverse=order != "asc")


def delete(file_id: str) -> None:
    """Remove one file; whole or not at all, as others see it.

    Raises:
        WireError: 404.
    """
    get(file_id)
    gone = paths.files() / f".deleted-{file_id}"
    folder(file_id).rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
