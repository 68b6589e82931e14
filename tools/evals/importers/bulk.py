"""Large JSONL and CSV files: read by the database itself where every line is plainly well formed, else line by line.

The database's own errors do not name the right line, so anything unusual goes back to the reader that can.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from tools.errors import AdvisorError
from tools.evals.importers.format import Part
from tools.evals.importers.lines import objects
from tools.evals.importers.plain import ALIASES, candidates, csv_rows, named_rows
from tools.evals.records import EvalRun, NewEval
from tools.evals.store.bulk import Column, Layout, add_file
from tools.progress import Progress, silent

_LOOKED_AT = 1000
_SHARED = ("id", "category", "cluster", "input", "target")
_OWN = ("completion", "latency_ms", "prompt_tokens", "completion_tokens")
_PAIRED = ("completion", "latency_ms")


def import_bulk(file: Path, form: str, name: str, progress: Progress) -> list[EvalRun] | None:
    """The evals of a large file, or None when it has to be read line by line.

    Args:
        file: the file.
        form: jsonl or csv.
        name: what its evals are called.
        progress: told what is being done.

    Raises:
        InputError: a name is taken by other content.
        UnavailableError: another process holds the store, or the disk is full.
    """
    try:
        header = next(csv_rows(file, silent), (0, []))[1] if form == "csv" else []
        first = list(islice(_rows(file, form), _LOOKED_AT))
    except AdvisorError:
        return None
    keys = list(dict.fromkeys(header or [key for row in first for key in row]))
    known = {ALIASES.get(key, key): key for key in keys}
    if not first or "id" not in known or len(known) < len(keys) or len(keys) < len(header):
        return None  # nothing to number, or two columns of one meaning
    evals = _evals(name, form, file, known, first)
    if not evals:
        return None
    progress(0, 1, "reading")
    with ThreadPoolExecutor(1) as beside:  # hashing leaves the interpreter to others, as the database does
        digest = beside.submit(_digest, file)
        delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
        return add_file(file, Layout(form, tuple(header), delimiter), evals, digest.result)


def _rows(file: Path, form: str) -> Iterator[dict[str, Any]]:
    return (row for _, row in (named_rows if form == "csv" else objects)(file, silent))


def _evals(
    name: str, form: str, file: Path, known: dict[str, str], first: list[dict[str, Any]]
) -> list[tuple[NewEval, list[Column]]]:
    """Each eval in the file with its columns; `known` maps meaning to the file's own name, all as in `first`."""
    said = {meaning: _values(first, key) for meaning, key in known.items()}
    shared = [Column(meaning, known[meaning]) for meaning in _SHARED if meaning in known]
    new = NewEval(name=name, origin=f"import:{form}", source=file.name)
    found = candidates({ALIASES.get(k, k): v for k, v in first[0].items()})
    if not found:
        own = [Column(m, known[m]) for m in (*_OWN, "score", "correct") if m in known]
        if not {"score", "correct"} & known.keys():
            return []
        scores = said.get("score", set())
        if any(isinstance(s, bool) for s in scores) and not _binary(scores):
            return []
        binary = "score" in known and _binary(scores)
        return [(new, [*shared, *own, *([Column("binary", known["score"])] if binary else [])])]
    evals = []
    for column in found:
        prefix, _, kind = column.rpartition("_")
        if column not in known:
            return []
        own = [Column(m, known[f"{prefix}_{m}"]) for m in _PAIRED if f"{prefix}_{m}" in known]
        own += [Column(kind, known[column], needed=True)]
        if kind == "score" and _binary(said[column]):
            own.append(Column("binary", known[column]))
        evals.append((new.model_copy(update={"name": f"{name}/{Part(prefix).suffix}"}), [*shared, *own]))
    return evals


def _values(rows: list[dict[str, Any]], key: str) -> set[Any]:
    return {value for row in rows if isinstance(value := row.get(key), (int, float))}


def _binary(values: set[Any]) -> bool:
    return values <= {0, 1}


def _digest(file: Path) -> str:
    with file.open("rb") as f:
        return hashlib.file_digest(f, lambda: hashlib.sha256(b"bulk")).hexdigest()
