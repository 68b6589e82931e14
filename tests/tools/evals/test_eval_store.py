"""The file itself: hardened, shared between processes by turns, and honest about damage."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.errors import InputError, NotFoundError, UnavailableError
from tools.evals import store
from tools.evals.store import connection as door

Stored = Callable[..., Any]
ONE = [{"id": i, "score": i % 2} for i in range(10)]

ATTACKS = [
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_ndjson('{outside}')",
    "SELECT * FROM read_blob('{inside}/../evals.duckdb')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "FROM '{outside}'",
    "SELECT * FROM read_text('{inside}/link')",
    "COPY evals TO '{outside}.csv'",
    "COPY evals TO '{inside}/x.parquet'",
    "EXPORT DATABASE '{inside}/dump'",
    "ATTACH '{inside}/other.duckdb'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access=true",
    "SET memory_limit='64GB'",
    "RESET lock_configuration",
    "SELECT * FROM read_text('http://127.0.0.1:1/')",
]


@pytest.mark.parametrize("statement", ATTACKS)
def test_no_statement_reaches_beyond_the_store(stored: Stored, tmp_path: Path, statement: str) -> None:
    import duckdb

    stored(ONE)
    outside = tmp_path / "outside.json"
    outside.write_text('{"secret": 1}\n')
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "link").symlink_to(outside)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((duckdb.Error, InputError)), door.connection() as con:
        con.execute(statement.format(outside=outside, inside=inside)).fetchall()
    assert sorted(p for p in tmp_path.rglob("*") if p.suffix != ".wal") == [p for p in before if p.suffix != ".wal"]


@pytest.mark.parametrize(
    ("score", "cluster"),
    [
        (lambda i: i % 2, lambda i: None),
        (lambda i: i % 3 == 0, lambda i: f"doc{i // 4}"),
        (lambda i: i % 3 == 0, lambda i: f"doc{i}"),
        (lambda i: (i % 7) / 7, lambda i: f"doc{i // 5}" if i % 2 else None),
        (lambda i: 1 + (i % 5), lambda i: f"doc{i // 6}"),
        (lambda i: 1, lambda i: f"doc{i // 6}"),
        (lambda i: None if i % 4 else 0.5 + i / 100, lambda i: f"doc{i // 6}"),
    ],
)
def test_the_summarys_interval_is_the_one_of_its_rows(stored: Stored, score: Any, cluster: Any) -> None:
    import numpy as np

    from tools.evals.statistics.means import mean_interval, sums_of

    stored([{"id": i, "score": score(i), "cluster": cluster(i)} for i in range(48)])
    found = store.evals()[0]
    scored = [(float(score(i)), cluster(i) or f"alone{i}") for i in range(48) if score(i) is not None]
    wanted = mean_interval(sums_of(np.array([s for s, _ in scored]), np.array([c for _, c in scored])))
    units = len({c for _, c in scored})
    assert (found.scored, found.clusters) == (len(scored), units if units < len(scored) else None)
    assert (found.ci_low, found.ci_high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert found.interval_method == wanted.method


def test_the_file_is_its_owners_alone(stored: Stored) -> None:
    stored(ONE)
    assert store.path().stat().st_mode & 0o077 == 0


def test_every_column_says_what_it_is(stored: Stored) -> None:
    stored(ONE)
    manual = (Path(__file__).parents[3] / "docs" / "evals.md").read_text()
    with door.connection() as con:
        columns = con.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal "
            "AND table_name <> 'schema_versions'"
        ).fetchall()
    assert len(columns) > 30
    for table, column, comment in columns:
        assert comment, f"{table}.{column} has no comment"
        assert f"`{column}`" in manual, f"{table}.{column} is not in docs/evals.md"


HOLDER = """
import duckdb, sys, time
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def holder(stored: Stored) -> Any:
    """Another process that holds the file."""
    stored(ONE)
    started: list[subprocess.Popen[str]] = []

    def hold(seconds: float) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLDER), str(store.path()), str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_it_waits_its_turn(holder: Any) -> None:
    holder(0.5)
    assert len(store.evals()) == 1


def test_held_too_long_it_names_the_holder(holder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "threshold", lambda name: 0.2)
    process = holder(30)
    with pytest.raises(UnavailableError, match=rf"process {process.pid} has held the eval store"):
        store.evals()


def test_many_threads_take_turns(stored: Stored) -> None:
    stored(ONE)
    failed: list[BaseException] = []

    def read() -> None:
        try:
            assert len(store.evals()) == 1
        except BaseException as e:
            failed.append(e)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed


def test_rows_lost_from_the_file_are_noticed(stored: Stored) -> None:
    stored(ONE)
    with door.connection() as con:
        con.execute("DELETE FROM samples WHERE sample_id = '3'")
    with pytest.raises(InputError, match="written with 10 samples and has 9"):
        store.eval_named("t")


def test_a_damaged_file_is_said_and_kept(stored: Stored) -> None:
    stored(ONE)
    file = store.path()
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(InputError, match=r"cannot be read.*aside"):
        store.evals()
    assert file.read_bytes().startswith(b"not a database")


def test_a_newer_schema_is_left_alone(stored: Stored) -> None:
    stored(ONE)
    with door.connection() as con:
        con.execute("INSERT INTO schema_versions VALUES (9999, now()::TIMESTAMP)")
    with pytest.raises(InputError, match="schema 9999"):
        store.evals()


def test_an_interrupted_migration_leaves_the_old_schema(
    stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    stored(ONE)
    for step in door.MIGRATIONS.glob("*.sql"):
        (tmp_path / step.name).write_text(step.read_text())
    (tmp_path / "9000_broken.sql").write_text("CREATE TABLE half (a INTEGER); SELECT * FROM nowhere;")
    with monkeypatch.context() as m:
        m.setattr(door, "MIGRATIONS", tmp_path)
        with pytest.raises(duckdb.CatalogException):
            store.evals()
    assert [e.name for e in store.evals()] == ["t"]
    with door.connection() as con:
        assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'").fetchall() == [(0,)]


def test_reading_before_anything_was_stored_makes_no_file() -> None:
    assert store.evals() == []
    assert not store.path().exists()


def test_many_questions_share_one_connection_and_each_stands_alone(stored: Stored, monkeypatch: Any) -> None:
    stored(ONE)
    opened: list[Path] = []
    real = door._open
    monkeypatch.setattr(door, "_open", lambda file, allowed: opened.append(file) or real(file, allowed))
    with store.kept_open():
        assert store.eval_named("t").n == len(ONE)
        with pytest.raises(NotFoundError):
            store.eval_named("nobody")
        with store.kept_open():
            assert len(store.samples("t")) == len(ONE)
    assert len(opened) == 1
    assert store.evals()
    assert len(opened) == 2, "afterwards the file is free for others"
