"""Writing evals (all or nothing, never changed afterwards) and reading them back with their summaries."""

import contextlib
import difflib
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from tools.errors import InputError, NotFoundError
from tools.evals.records import EvalRun, NewEval, Sample, checked_name
from tools.evals.statistics import UNKNOWN
from tools.evals.statistics.means import Sums, mean_interval
from tools.evals.store.connection import connection, path, query, rows, utcnow

if TYPE_CHECKING:
    import duckdb

_TYPES = {
    "score": "DOUBLE",
    "correct": "BOOLEAN",
    "latency_ms": "DOUBLE",
    "prompt_tokens": "INTEGER",
    "completion_tokens": "INTEGER",
}
_STRUCT = "[{" + ",".join(f'"{f}":"{_TYPES.get(f, "VARCHAR")}"' for f in Sample._fields) + "}]"
_CHUNK = 5000


class Batch:
    """Evals being written together: either all of them are kept, or none."""

    def __init__(self, con: "duckdb.DuckDBPyConnection") -> None:
        self._con = con
        self._evals: list[tuple[NewEval, str | None, Any]] = []
        self._numbered: set[int] = set()
        self._waiting: list[list[dict[str, Any]]] = []
        con.execute(query("incoming"))

    def begin(self, new: NewEval, content_digest: str | None = None, *, numbered: bool = False) -> int:
        """Start one eval; returns its number within this batch. Without a digest, its rows make one.

        A name that nobody chose may be numbered: where other content has it, the eval is called NAME-2, and so on.
        """
        checked_name(new.name)
        if numbered:
            self._numbered.add(len(self._evals))
        self._evals.append((new, content_digest, hashlib.sha256()))
        self._waiting.append([])
        return len(self._evals) - 1

    def add(self, number: int, samples: Iterable[Sample]) -> None:
        """Add samples to an eval of this batch."""
        waiting = self._waiting[number]
        for sample in samples:
            waiting.append(sample._asdict())
            if len(waiting) >= _CHUNK:
                self._flush(number)

    def _flush(self, number: int) -> None:
        data = orjson.dumps(self._waiting[number])
        self._evals[number][2].update(data)
        self._con.execute(
            f"INSERT INTO incoming SELECT $1, r.* FROM (SELECT unnest(from_json($2::JSON, '{_STRUCT}')) AS r)",  # noqa: S608
            [number, data.decode()],
        )
        self._waiting[number].clear()

    def finish(self) -> list[tuple[int, bool]]:
        """Check and keep everything; per eval its id and whether it is new."""
        return [self._keep(number) for number in range(len(self._evals))]

    def _keep(self, number: int) -> tuple[int, bool]:
        new, digest, hasher = self._evals[number]
        if self._waiting[number]:
            self._flush(number)
        digest = digest or hasher.hexdigest()
        twice = self._con.execute(query("duplicates"), {"eval_id": number}).fetchall()
        if twice:
            listed = ", ".join(f"{sample_id!r} ({times} times)" for sample_id, times in twice)
            raise InputError(
                f"sample ids occur more than once: {listed}",
                where=new.source,
                remedy="Give each sample an id of its own.",
            )
        n = self._con.execute("SELECT count(*) FROM incoming WHERE eval_id = ?", [number]).fetchall()[0][0]
        if not n:
            raise InputError(
                "there are no samples to keep", where=new.source, remedy="Check that this is the file you meant."
            )
        if number in self._numbered:
            new = new.model_copy(update={"name": numbered(self._con, new.name, digest)})
        known = known_eval(self._con, new, digest)
        if known is not None:
            return known, False
        self._con.execute(query("complete_correct"), {"eval_id": number})
        eval_id = insert_eval(self._con, new, digest, n)
        self._con.execute(
            "INSERT INTO samples SELECT ? AS eval_id, * EXCLUDE (eval_id) FROM incoming WHERE eval_id = ?",
            [eval_id, number],
        )
        return eval_id, True


def known_eval(con: "duckdb.DuckDBPyConnection", new: NewEval, digest: str) -> int | None:
    """The eval that has this name and this content; None when the name is free.

    Raises:
        InputError: the name is taken by other content.
    """
    known = con.execute("SELECT eval_id, content_digest FROM evals WHERE name = ?", [new.name]).fetchall()
    if not known:
        return None
    if known[0][1] == digest:
        return int(known[0][0])
    raise InputError(
        f"an eval named {new.name!r} exists with other content, and evals are never changed",
        where=new.source,
        remedy="Choose another name (--as NAME).",
    )


def numbered(con: "duckdb.DuckDBPyConnection", name: str, digest: str) -> str:
    """The first of NAME, NAME-2, NAME-3, ... that is free or has this very content."""
    taken = dict(con.execute("SELECT name, content_digest FROM evals WHERE starts_with(name, $1)", [name]).fetchall())
    tried = itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2)))
    return next(n for n in tried if taken.get(n, digest) == digest)


def insert_eval(
    con: "duckdb.DuckDBPyConnection", new: NewEval, digest: str, n: int, *, eval_id: int | None = None
) -> int:
    """Write the record of an eval whose samples follow, or stand there under `eval_id`; its id."""
    record = {**new.model_dump(), "content_digest": digest, "n": n, "created_at": utcnow()}
    if eval_id is not None:
        record["eval_id"] = eval_id
    columns, marks = ", ".join(record), ", ".join("?" * len(record))
    return int(
        con.execute(
            f"INSERT INTO evals ({columns}) VALUES ({marks}) RETURNING eval_id",  # noqa: S608 -- our own column names
            list(record.values()),
        ).fetchall()[0][0]
    )


@contextlib.contextmanager
def adding() -> Iterator[tuple[Batch, list[EvalRun]]]:
    """Write evals together. The list is filled with what was kept when the block ends without an error."""
    kept: list[EvalRun] = []
    with connection() as con:
        batch = Batch(con)
        yield batch, kept
        for eval_id, new in batch.finish():
            kept.append(summaries(con, eval_id)[0].model_copy(update={"new": new}))
        con.execute("DROP TABLE incoming")


def evals() -> list[EvalRun]:
    """All evals, oldest first."""
    if not path().exists():
        return []
    with connection() as con:
        return summaries(con, None)


def eval_named(name: str) -> EvalRun:
    """One eval.

    Raises:
        NotFoundError: there is none of that name; says which names come close.
    """
    with connection() as con:
        return summaries(con, eval_id(con, name))[0]


def eval_id(con: "duckdb.DuckDBPyConnection", name: str) -> int:
    """The number of the eval of that name. Raises NotFoundError."""
    found = con.execute("SELECT eval_id FROM evals WHERE name = ?", [name]).fetchall()
    if found:
        return int(found[0][0])
    names = [r[0] for r in con.execute("SELECT name FROM evals").fetchall()]
    close = (
        difflib.get_close_matches(name, names, n=3, cutoff=0.5) or [n for n in names if n.startswith(f"{name}/")][:3]
    )
    remedy = (
        f"Did you mean {' or '.join(map(repr, close))}?"
        if close
        else "`finetune-advisor evals list` shows what there is."
    )
    raise NotFoundError(f"there is no eval named {name!r}", remedy=remedy)


def samples(name: str, *, limit: int = 100, offset: int = 0, wrong_only: bool = False) -> list[Sample]:
    """Samples of an eval in the order they were written."""
    with connection() as con:
        found = con.execute(
            "SELECT * EXCLUDE (eval_id) FROM samples WHERE eval_id = ? AND (NOT ? OR correct IS FALSE) "
            "ORDER BY rowid LIMIT ? OFFSET ?",
            [eval_id(con, name), wrong_only, limit, offset],
        ).fetchall()
    return [Sample(*r) for r in found]


def summaries(con: "duckdb.DuckDBPyConnection", wanted: int | None) -> list[EvalRun]:
    """Evals with the summary of their samples; all, or the one wanted.

    Raises:
        InputError: samples were lost from the file.
    """
    result = []
    if con.execute("SELECT (SELECT count(*) FROM evals) > (SELECT count(*) FROM summaries)").fetchall()[0][0]:
        con.execute(query("summarise"))
    for row in rows(con.execute(query("summaries"), {"eval_id": wanted})):
        if row["stored"] != row["n"]:
            raise InputError(
                f"{row['name']!r} was written with {row['n']} samples and has {row['stored']}: the file was damaged",
                where=str(path()),
                remedy="Move the file aside, keep it, and import or run the evals again.",
            )
        interval = UNKNOWN
        if row["scored"]:
            fields = {k: row[k] for k in ("units", "square", "lowest", "highest", "pass_fail")}
            interval = mean_interval(Sums(n=row["scored"], mean=row["score"], **fields))
        row |= {"ci_low": interval.low, "ci_high": interval.high, "interval_method": interval.method}
        row["clusters"] = row["units"] if row["units"] < row["scored"] else None
        result.append(EvalRun.model_validate({k: v for k, v in row.items() if k in EvalRun.model_fields}))
    return result
