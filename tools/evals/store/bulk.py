"""A whole file into the store by the database's own reader: all of it, or nothing, or "read it line by line"."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.evals.records import EvalRun, NewEval
from tools.evals.store.connection import connection
from tools.evals.store.evals import insert_eval, known_eval, summaries

if TYPE_CHECKING:
    import duckdb

_NUMBERS = ("score", "correct", "binary", "latency_ms", "prompt_tokens", "completion_tokens")
# What a cell of a CSV file means, as importers/values.py has it; other text is no number, and an error here.
_CELL = """CASE lower(trim({0}))
    WHEN 'true' THEN 1 WHEN 'yes' THEN 1 WHEN 'pass' THEN 1 WHEN 'false' THEN 0 WHEN 'no' THEN 0 WHEN 'fail' THEN 0
    WHEN 'null' THEN NULL WHEN 'none' THEN NULL WHEN 'nan' THEN NULL WHEN 'na' THEN NULL WHEN 'n/a' THEN NULL
    WHEN '' THEN NULL ELSE CAST({0} AS DOUBLE) END"""
_ODD = "error('odd')"
_FINITE = f"CASE WHEN {{0}} IS NULL OR isfinite({{0}}) THEN {{0}} ELSE {_ODD} END"
_FLAG = f"CASE WHEN {{0}} IS NULL OR {{0}} IN (0, 1) THEN {{0}} = 1 ELSE {_ODD} END"
_WHOLE = "{0} IS NULL OR ({0} >= 0 AND {0} <= 2e9 AND {0} = trunc({0}))"
_COUNT = f"CASE WHEN {_WHOLE} THEN {{0}}::INTEGER ELSE {_ODD} END"


class Column(NamedTuple):
    """One column of the file and what it is in a sample."""

    meaning: str
    """A field of a sample, `id`, or `binary`: a score that is 0 or 1 so far, and so pass or fail."""
    named: str
    """Its name in the file."""
    needed: bool = False
    """Whether every line has to name it, if only to say null."""


class Layout(NamedTuple):
    """How the file is to be read."""

    form: str
    """jsonl or csv."""
    header: tuple[str, ...] = ()
    delimiter: str = ","


def add_file(
    file: Path, layout: Layout, evals: list[tuple[NewEval, list[Column]]], digest: Callable[[], str]
) -> list[EvalRun] | None:
    """Add the evals of a JSONL or CSV file.

    Args:
        file: the file.
        layout: how it is read.
        evals: each eval with the columns it is made of.
        digest: gives the address of the file's content; waits for it.

    Returns:
        The evals as stored; None when the file is not plainly well formed (a value of another type, a missing id or
        score, an id that stands twice): a reader that names lines must look at it.

    Raises:
        InputError: a name is taken by other content.
    """
    if any(c in str(file) for c in "*?[{"):
        return None  # the database would read these as a pattern
    with connection(readable=(file,)) as con:
        names = [new.name for new, _ in evals]
        taken = con.execute("SELECT count(*) FROM evals WHERE list_contains($1, name)", [names]).fetchall()[0][0]
        known = [known_eval(con, new, digest()) if taken else None for new, _ in evals]
        ids: list[int] = []
        with _whole_or_nothing(con) as well:
            # With several evals the lines are read once into memory; one eval's go straight to where they stay.
            kind = "TABLE" if len(evals) > 1 else "VIEW"
            con.execute(f"CREATE TEMP {kind} raw AS {_source(file, layout, evals)}")
            for there, (_, columns) in zip(known, evals, strict=True):
                ids.append(_insert(con, layout.form, columns) if there is None else there)
            if not all(_sound(con, file, layout, i, columns) for i, (_, columns) in zip(ids, evals, strict=True)):
                con.execute(f"SELECT {_ODD}")
            con.execute(f"DROP {kind} raw")
        if not well:
            return None
        kept = []
        for eval_id, there, (new, _) in zip(ids, known, evals, strict=True):
            if there is None:
                n = con.execute("SELECT count(*) FROM samples WHERE eval_id = ?", [eval_id]).fetchall()[0][0]
                insert_eval(con, new, digest(), n, eval_id=eval_id)
            kept.append(summaries(con, eval_id)[0].model_copy(update={"new": there is None}))
        return kept


@contextlib.contextmanager
def _whole_or_nothing(con: "duckdb.DuckDBPyConnection") -> Iterator[list[bool]]:
    """The list holds True once the block ended without the database finding something odd; else all is undone."""
    import duckdb

    well: list[bool] = []
    try:
        yield well
        well.append(True)
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error:
        con.rollback()
        con.begin()


def _source(file: Path, layout: Layout, evals: list[tuple[NewEval, list[Column]]]) -> str:
    path = _text(str(file.absolute()))
    if layout.form == "csv":
        columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in layout.header)
        return (
            f"SELECT * FROM read_csv({path}, columns = {{{columns}}}, delim = {_text(layout.delimiter)}, "  # noqa: S608
            "header = true, auto_detect = false, quote = '\"', escape = '\"', nullstr = '', strict_mode = true)"
        )
    wanted = {c.named: "DOUBLE" if c.meaning in _NUMBERS else "VARCHAR" for _, columns in evals for c in columns}
    columns = ", ".join(f"{_text(name)}: '{kind}'" for name, kind in wanted.items())
    return (
        f"SELECT * FROM read_json({path}, format = 'newline_delimited', columns = {{{columns}}}, "  # noqa: S608
        "maximum_object_size = 67108864)"
    )


def _insert(con: "duckdb.DuckDBPyConnection", form: str, columns: list[Column]) -> int:
    """Write the samples of one eval; its number, which no record of an eval has yet."""
    eval_id = int(con.execute("SELECT nextval('eval_ids')").fetchall()[0][0])
    numbers = {
        c.meaning: _CELL.format(_quoted(c.named)) if form == "csv" else _quoted(c.named)
        for c in columns
        if c.meaning in _NUMBERS
    }
    picked = {c.meaning: _quoted(c.named) for c in columns if c.meaning not in _NUMBERS}
    picked["sample_id"] = f"CASE WHEN trim({picked['id']}) <> '' THEN {picked.pop('id')} ELSE {_ODD} END"
    for name, number in numbers.items():
        if name not in ("correct", "score", "binary"):
            picked[name] = (_COUNT if name.endswith("tokens") else _FINITE).format(f"({number})")
    passed = [form_.format(f"({numbers[n]})") for n, form_ in (("correct", _FLAG), ("binary", _FLAG)) if n in numbers]
    score = [_FINITE.format(f"({numbers['score']})")] if "score" in numbers else []
    picked["correct"] = f"coalesce({', '.join(passed)}, NULL)" if passed else "NULL::BOOLEAN"
    picked["score"] = f"coalesce({', '.join([*score, *(f'({p})::DOUBLE' for p in passed[:1])])}, NULL)"
    listed = ", ".join(f"{expression} AS {name}" for name, expression in picked.items())
    con.execute(f"INSERT INTO samples BY NAME SELECT {eval_id}::INTEGER AS eval_id, {listed} FROM raw")  # noqa: S608
    return eval_id


def _sound(con: "duckdb.DuckDBPyConnection", file: Path, layout: Layout, eval_id: int, columns: list[Column]) -> bool:
    """Whether each id stands once and there are scores; where some are unknown, whether every line says so itself."""
    # Two ids with one hash would only send the file to the reader that compares the ids themselves.
    n, distinct, scored = con.execute(
        "SELECT count(*), count(DISTINCT hash(sample_id)), count(score) FROM samples WHERE eval_id = ?", [eval_id]
    ).fetchall()[0]
    if not n or distinct < n or not scored:
        return False
    needed = [c.named for c in columns if c.needed]
    if scored == n or not needed or layout.form == "csv":
        return True
    named = " AND ".join(f"list_contains(json_keys(json), {_text(name)})" for name in needed)
    return bool(
        con.execute(
            f"SELECT bool_and({named}) FROM read_ndjson_objects({_text(str(file.absolute()))}, "  # noqa: S608
            "maximum_object_size = 67108864)"
        ).fetchall()[0][0]
    )


def _quoted(name: str) -> str:
    """A column's name as SQL writes it; names come from the user's file."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"
