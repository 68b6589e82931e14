"""Reading lines of JSON with their numbers: bounded, and every fault named with file and line."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from knowledge.thresholds import threshold
from tools.errors import InputError
from tools.progress import Progress

_REPORT_EVERY = 5000


def objects(file: Path, progress: Progress) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSONL file with their line numbers (from 1); blank lines are passed over.

    A file that is one JSON array gives its items, numbered from 1.

    Raises:
        InputError: a line is not a JSON object.
    """
    limit, total = int(threshold("evals.line_limit_mb") * 1e6), file.stat().st_size
    done = 0
    with file.open("rb") as f:
        if f.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            yield from _array(file)
            return
        f.seek(0)
        number = 0
        while line := f.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise InputError(
                    f"the line is longer than {limit / 1e6:.0f} MB",
                    where=f"{file.name}:{number}",
                    remedy="One JSON object a line is wanted.",
                )
            done += len(line)
            if number % _REPORT_EVERY == 0:
                progress(done, total, f"line {number:,}")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield number, parse(line, where=f"{file.name}:{number}")
    progress(total, total)


def parse(line: bytes, *, where: str) -> dict[str, Any]:
    """One JSON object. NaN, which is not JSON but often written, is read as null.

    Raises:
        InputError: with `where`.
    """
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as e:
        found = _lenient(line, str(e), where)
    if not isinstance(found, dict):
        raise InputError(
            f"a JSON object is wanted, this is {_kind(found)}",
            where=where,
            remedy='Each line looks like {"id": "1", ...}.',
        )
    return found


def _lenient(line: bytes, first: str, where: str, *, document: bool = False) -> Any:
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=lambda name: None if name == "NaN" else math.inf)
        # Half a surrogate pair cannot be stored; orjson refuses it, so does this.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
        return found
    except UnicodeError:
        raise InputError(
            f"the {'file' if document else 'line'} is not UTF-8 text", where=where, remedy="Save the file as UTF-8."
        ) from None
    except (ValueError, RecursionError):
        if document:
            raise InputError(
                f"the file is not one JSON document ({first})",
                where=where,
                remedy="Often it was cut off: export it again. Nothing of it was kept.",
            ) from None
        raise InputError(
            f"the line is not JSON ({first})", where=where, remedy="Mend the line; one JSON object a line is wanted."
        ) from None


def _array(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, item in enumerate(whole(file), 1):
        if not isinstance(item, dict):
            raise InputError(
                f"item {number}: a JSON object is wanted, this is {_kind(item)}",
                where=file.name,
                remedy='Each item looks like {"id": "1", ...}.',
            )
        yield number, item


def whole(file: Path) -> Any:
    """A file that is one JSON document.

    Raises:
        InputError: it is not.
    """
    return _lenient_or_strict(file.read_bytes().removeprefix(b"\xef\xbb\xbf"), file.name)


def _lenient_or_strict(data: bytes, where: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as e:
        return _lenient(data, str(e), where, document=True)


def _kind(value: Any) -> str:
    return {list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
