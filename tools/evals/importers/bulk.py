"""Large JSONL files: read by the database itself where every line is plainly well formed, else line by line.

The database's own errors do not name the right line, so anything unusual goes back to the reader that can.
"""

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

from tools.errors import AdvisorError
from tools.evals.importers.format import Part
from tools.evals.importers.lines import objects
from tools.evals.importers.plain import ALIASES, candidates
from tools.evals.records import EvalRun, NewEval
from tools.progress import Progress, silent

_LOOKED_AT = 1000
_TYPES = {"latency_ms": "DOUBLE", "prompt_tokens": "INTEGER", "completion_tokens": "INTEGER", "score": "DOUBLE"}
_TEXT = ("id", "category", "cluster", "input", "target", "completion")


def import_bulk(file: Path, name: str, progress: Progress) -> list[EvalRun] | None:
    """The evals of a large file, or None when it has to be read line by line.

    Raises:
        InputError: a name is taken by other content.
        UnavailableError: another process holds the store, or the disk is full.
    """
    try:
        first = [row for _, row in islice(objects(file, silent), _LOOKED_AT)]
    except AdvisorError:
        return None
    keys = set().union(*first) if first else set()
    found = candidates(first[0]) if first else ()
    odd = keys & ALIASES.keys() or "correct" in keys or any(isinstance(r.get("score"), bool) for r in first)
    if "id" not in keys or odd or not (found or "score" in keys):
        return None
    digest = _digest(file, progress)
    evals = {
        column: NewEval(
            name=f"{name}/{Part(column.rpartition('_')[0]).suffix}" if found else name,
            origin="import:jsonl",
            source=file.name,
        )
        for column in (found or ("score",))
    }
    progress(0.5, 1, "reading")
    from tools.evals.store.bulk import add_file

    return add_file(file, _columns(keys, found), evals, digest)


def _digest(file: Path, progress: Progress) -> str:
    hasher, done, total = hashlib.sha256(b"bulk"), 0, file.stat().st_size
    with file.open("rb") as f:
        while block := f.read(1 << 24):
            hasher.update(block)
            done += len(block)
            progress(0.5 * done / total, 1, "checking")
    return hasher.hexdigest()


def _columns(keys: set[str], found: tuple[str, ...]) -> dict[str, Any]:
    """Column -> type, of the columns that are known."""
    columns = {k: "VARCHAR" for k in _TEXT if k in keys} | {k: t for k, t in _TYPES.items() if k in keys}
    for column in found:
        prefix, _, kind = column.rpartition("_")
        columns[column] = "BOOLEAN" if kind == "correct" else "DOUBLE"
        if f"{prefix}_completion" in keys:
            columns[f"{prefix}_completion"] = "VARCHAR"
        if f"{prefix}_latency_ms" in keys:
            columns[f"{prefix}_latency_ms"] = "DOUBLE"
    return columns
