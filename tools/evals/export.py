"""Samples of evals as Parquet or CSV, for other tools. Written whole, or not at all."""

import os
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field

from tools.errors import InputError

_TEXTS = ("name", "model", "grader", "sample_id", "category", "cluster", "input", "target", "completion", "details")


class ExportRequest(BaseModel):
    """Which evals, and where to."""

    model_config = ConfigDict(frozen=True)

    names: tuple[str, ...] = Field(min_length=1)
    out: Path
    """Its ending decides: .parquet or .csv."""


class ExportResult(BaseModel):
    """What was written."""

    file: str
    samples: int
    bytes: int


def export(request: ExportRequest) -> ExportResult:
    """Write the samples of evals to one file.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe before it.

    Raises:
        NotFoundError: an eval does not exist.
        InputError: the file exists already, cannot be written, or ends in something else.
    """
    from tools.evals.store.connection import connection, query
    from tools.evals.store.evals import eval_id

    out = request.out.expanduser().absolute()
    kind = out.suffix.lower()
    if kind not in (".parquet", ".csv"):
        raise InputError(
            f"{kind or 'no ending'} cannot be written", where=out.name, remedy="End it in .parquet or .csv."
        )
    if out.exists():
        raise InputError("the file exists already", where=str(out), remedy="Choose another name.")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise InputError("the folder cannot be written", where=str(out.parent), remedy="Choose another.")
    part = out.with_name(f".{out.name}.part")
    listed = {"names": orjson.dumps(list(request.names)).decode()}
    try:
        with connection(writable=(part,)) as con:
            for name in request.names:
                eval_id(con, name)
            safe = ", ".join(f"regexp_replace({c}, '^([=+\\-@\\t\\r])', '''\\1') AS {c}" for c in _TEXTS)
            source = f"SELECT * REPLACE ({safe}) FROM ({query('export')})" if kind == ".csv" else query("export")  # noqa: S608
            options = "FORMAT csv, HEADER" if kind == ".csv" else "FORMAT parquet, COMPRESSION zstd"
            target = str(part).replace("'", "''")
            written = con.execute(f"COPY ({source}) TO '{target}' ({options})", listed).fetchall()[0][0]
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return ExportResult(file=str(out), samples=int(written), bytes=out.stat().st_size)
