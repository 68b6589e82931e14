"""The only place that opens the DuckDB file: short connections that wait their turn, hardened settings, migrations."""

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.thresholds import threshold
from tools.errors import InputError, UnavailableError
from tools.workspace import home

if TYPE_CHECKING:
    import duckdb

MIGRATIONS = Path(__file__).parent / "migrations"
QUERIES = Path(__file__).parent.parent / "queries"
# Two connections of one process to one file share settings, and ours are locked: so one at a time here too.
_turn = threading.RLock()
_held = threading.local()


def path() -> Path:
    """The file all evals live in."""
    return home() / "evals.duckdb"


def query(name: str) -> str:
    """The text of tools/evals/queries/NAME.sql."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


@contextlib.contextmanager
def connection(
    *, readable: tuple[Path, ...] = (), writable: tuple[Path, ...] = ()
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection in one transaction: committed at the end, rolled back on any error, always closed.

    Args:
        readable: files outside the store that a statement may read; nothing else on the machine can be reached.
        writable: files a statement may write (DuckDB has one list for both).

    Raises:
        UnavailableError: another process holds the file longer than evals.store_wait_seconds, or the disk is full.
        InputError: the file is damaged or was written by a newer version.
    """
    if getattr(_held, "open", False):
        raise RuntimeError("a connection to the eval store is already open in this thread")
    kept = None if readable or writable else getattr(_held, "kept", None)
    with _turn:
        _held.open = True
        con = None
        try:
            con = kept or _open(path(), allowed=(*readable, *writable))
            with _store_errors():
                con.begin()
                yield con
                con.commit()
        except BaseException:
            if con is not None:
                with contextlib.suppress(Exception):
                    con.rollback()
            raise
        finally:
            _held.open = False
            if con is not None and con is not kept:
                con.close()


@contextlib.contextmanager
def kept_open() -> Iterator[None]:
    """For many short questions in a row: this thread's connections are one, each a transaction of its own as before.

    Whoever else wants the store waits meanwhile, so nothing in it may wait for a model or a person.

    Raises:
        UnavailableError, InputError: as `connection`.
    """
    if getattr(_held, "kept", None) is not None:
        yield
        return
    with _turn:
        _held.kept = _open(path(), allowed=())
        try:
            yield
        finally:
            con, _held.kept = _held.kept, None
            con.close()


def rows(cursor: Any) -> list[dict[str, Any]]:
    """All rows of a finished statement, as dicts by column name."""
    names = [d[0] for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _open(file: Path, allowed: tuple[Path, ...]) -> "duckdb.DuckDBPyConnection":
    con = _wait_and_connect(file)
    try:
        with _store_errors():
            harden(con, allowed)
            _migrate(con, file)
    except BaseException:
        con.close()
        raise
    return con


def _wait_and_connect(file: Path) -> "duckdb.DuckDBPyConnection":
    import duckdb

    limit = threshold("evals.store_wait_seconds")
    deadline = time.monotonic() + limit
    fresh = not file.exists()
    while True:
        try:
            con = duckdb.connect(str(file))
        except duckdb.Error as e:
            text = str(e)
            if "Could not set lock" not in text:
                raise _unreadable(file, text) from None
            if time.monotonic() > deadline:
                pid = re.search(r"PID (\d+)", text)
                holder = f"process {pid.group(1)}" if pid else "another process"
                raise UnavailableError(
                    f"{holder} has held the eval store for more than {limit:.0f} seconds",
                    where=str(file),
                    remedy="Wait until it is done, or end it, then try again. Nothing was changed.",
                ) from None
            time.sleep(0.05)
            continue
        if fresh:
            os.chmod(file, 0o600)
        return con


def harden(con: "duckdb.DuckDBPyConnection", allowed: tuple[Path, ...]) -> None:
    """Leave the engine no way to files, network or extensions but `allowed` (order matters: the lock comes last)."""
    if allowed:
        # A file is being brought in (or taken out): closing must not write the rows around it a second time.
        con.execute("SET max_vacuum_tasks=0")
        listed = ", ".join(f"'{_quoted(p)}'" for p in allowed)
        con.execute(f"SET allowed_paths=[{listed}]")
    for setting in (
        "autoinstall_known_extensions=false",
        "autoload_known_extensions=false",
        "allow_community_extensions=false",
        f"memory_limit='{threshold('evals.memory_limit_mb'):.0f}MB'",
        f"max_temp_directory_size='{threshold('evals.temp_limit_mb'):.0f}MB'",
        "preserve_insertion_order=true",
        "enable_external_access=false",
        "lock_configuration=true",
    ):
        con.execute(f"SET {setting}")


def _quoted(file: Path) -> str:
    return str(file.absolute()).replace("'", "''")


def _migrate(con: "duckdb.DuckDBPyConnection", file: Path) -> None:
    """Bring the schema to the newest number; each step is one transaction, so the file is old or new, never between."""
    con.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)"
    )
    found = con.execute("SELECT coalesce(max(version), 0) FROM schema_versions").fetchall()[0][0]
    steps = {int(p.name[:4]): p for p in sorted(MIGRATIONS.glob("[0-9]*.sql"))}
    if found > max(steps):
        raise InputError(
            f"the eval store has schema {found}, this version knows up to {max(steps)}",
            where=str(file),
            remedy="Use the newer version of finetune-advisor that wrote it.",
        )
    for version, step in steps.items():
        if version <= found:
            continue
        con.begin()
        try:
            con.execute(step.read_text(encoding="utf-8"))
            con.execute("INSERT INTO schema_versions VALUES (?, ?)", [version, utcnow()])
            con.commit()
        except BaseException:
            con.rollback()
            raise


def utcnow() -> datetime:
    """Now, as the store keeps it: UTC without a zone (DuckDB's zoned type needs another package to be read)."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    """Turn what the engine raises into one line; errors of ours pass through."""
    import duckdb

    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException, duckdb.TransactionException) as e:
        text = str(e)
        if re.search(r"No space|disk|File too large|Could not write|could not allocate|max_temp_directory", text, re.I):
            raise UnavailableError(
                "the eval store ran out of room; nothing of this step was kept",
                where=str(path()),
                remedy="Free some disk space, then do it again.",
            ) from None
        raise _unreadable(path(), text) from None
    except (duckdb.SerializationException, duckdb.FatalException, duckdb.InternalException) as e:
        raise _unreadable(path(), str(e)) from None


def _unreadable(file: Path, text: str) -> InputError:
    first = text.splitlines()[0][:200]
    return InputError(
        f"the eval store cannot be read ({first})",
        where=str(file),
        remedy="Move the file (and the .wal beside it) aside and keep them; a new store is made at the next use.",
    )
