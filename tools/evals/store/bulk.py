"""A whole file into the store by the database's own reader: all of it, or nothing, or "read it line by line"."""

from pathlib import Path
from typing import TYPE_CHECKING

from tools.evals.records import EvalRun, NewEval
from tools.evals.store.connection import connection
from tools.evals.store.evals import insert_eval, known_eval, summaries

if TYPE_CHECKING:
    import duckdb

_SHARED = ("category", "cluster", "input", "target")
_OWN = ("latency_ms", "prompt_tokens", "completion_tokens")


def add_file(file: Path, columns: dict[str, str], evals: dict[str, NewEval], digest: str) -> list[EvalRun] | None:
    """Add the evals of a JSONL file.

    Args:
        file: the file.
        columns: its columns that are read, with their types.
        evals: for each score column the eval it becomes.
        digest: address of the file's content.

    Returns:
        The evals as stored; None when the file is not plainly well formed (a value of another type, a missing id or
        score, an id that stands twice): a reader that names lines must look at it.

    Raises:
        InputError: a name is taken by other content.
    """
    import duckdb

    if any(c in str(file) for c in "*?[{"):
        return None  # the database would read these as a pattern
    listed = ", ".join(f"{_quoted(name)}: '{kind}'" for name, kind in columns.items())
    with connection(readable=(file,)) as con:
        try:
            con.execute(
                "CREATE TEMP TABLE raw AS SELECT * FROM read_json($file, format = 'newline_delimited', "  # noqa: S608
                f"columns = {{{listed}}}, maximum_object_size = 67108864)",
                {"file": str(file.absolute())},
            )
        except duckdb.Error:
            con.rollback()
            con.begin()
            return None
        n = _whole(con, [*evals])
        if n is None:
            return None
        kept = []
        for column, new in evals.items():
            known = known_eval(con, new, digest)
            eval_id = insert_eval(con, new, digest, n) if known is None else known
            if known is None:
                _insert(con, eval_id, column, [*columns])
            kept.append(summaries(con, eval_id)[0].model_copy(update={"new": known is None}))
        con.execute("DROP TABLE raw")
        return kept


def _quoted(name: str) -> str:
    """A column's name as SQL writes it; names come from the user's file."""
    return '"' + name.replace('"', '""') + '"'


def _whole(con: "duckdb.DuckDBPyConnection", scores: list[str]) -> int | None:
    """How many rows, when every one has an id of its own and every score; else None."""
    counted = ", ".join(f"count({_quoted(c)})" for c in ("id", *scores))
    finite = " AND ".join(f"isfinite({_quoted(c)}::DOUBLE)" for c in scores)
    n, distinct, fine, *there = con.execute(
        f"SELECT count(*), count(DISTINCT id), count(*) FILTER ({finite} AND trim(id) <> ''), {counted} FROM raw"  # noqa: S608
    ).fetchall()[0]
    return int(n) if n and distinct == n == fine and all(t == n for t in there) else None


def _insert(con: "duckdb.DuckDBPyConnection", eval_id: int, column: str, names: list[str]) -> None:
    prefix, _, kind = column.rpartition("_")
    own = f"{prefix}_" if prefix else ""
    taken = {c: c for c in _SHARED if c in names}
    taken |= {c: f"{own}{c}" for c in ("completion", *_OWN) if f"{own}{c}" in names}
    quoted = _quoted(column)
    if kind == "correct":
        correct = quoted
    else:
        binary = con.execute(f"SELECT bool_and({quoted} IN (0, 1)) FROM raw").fetchall()[0][0]  # noqa: S608
        correct = f"({quoted} = 1)" if binary else "NULL::BOOLEAN"
    picked = "".join(f", {_quoted(source)} AS {target}" for target, source in taken.items())
    con.execute(
        "INSERT INTO samples BY NAME SELECT $1::INTEGER AS eval_id, id AS sample_id, "  # noqa: S608
        f"{quoted}::DOUBLE AS score, {correct} AS correct{picked} FROM raw",
        [eval_id],
    )
