"""Opening the database: who may read and write, and errors a person can act on.

SQLite at ADVISOR_HOME/advisor.db (write-ahead log, every commit on disk before it returns), or what
ADVISOR_DATABASE_URL names. The web process and the command line use it at the same time: readers never wait, writers
take their turn.
"""

import atexit
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError

from tools import workspace
from tools.errors import AdvisorError, InputError, UnavailableError
from tools.records import chain, migrations

WAIT_FOR_WRITER_MS = 30_000
_WRITERS_TAKE_TURNS = 7_317_442_001
"""Key of the PostgreSQL advisory lock that makes writers wait for each other, as SQLite does by itself."""


def address() -> URL:
    """Where the records are kept.

    Raises:
        InputError: ADVISOR_DATABASE_URL is neither SQLite nor PostgreSQL.
    """
    setting = os.environ.get("ADVISOR_DATABASE_URL", "")
    if not setting:
        return URL.create("sqlite", database=str(workspace.home() / "advisor.db"))
    try:
        url = make_url(setting)
    except ArgumentError:
        raise _bad_setting("it cannot be read as a database address") from None
    dialect = url.get_backend_name()
    if dialect in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if dialect == "sqlite" and url.database:
        return url.set(drivername="sqlite")
    raise _bad_setting(f"{dialect} is not supported")


def place() -> str:
    """Which store this is: a copy of the home folder, and a backup put back, are other files. Empty for PostgreSQL."""
    url = address()
    if url.get_backend_name() != "sqlite":
        return ""
    file = Path(url.database or "")
    return f"{file.stat().st_ino}-{file.parent.stat().st_ino}"


def _bad_setting(what: str) -> InputError:
    return InputError(
        what,
        where="ADVISOR_DATABASE_URL",
        remedy="Use postgresql://user:password@host/name, or leave it unset for SQLite.",
    )


@contextmanager
def read() -> Iterator[Connection]:
    """A consistent view for reading."""
    yield from _transaction(write=False)


@contextmanager
def write() -> Iterator[Connection]:
    """A transaction that no other writer runs beside; committed to disk when the block ends, undone if it raises."""
    yield from _transaction(write=True)


def _transaction(write: bool) -> Iterator[Connection]:
    with _clear_errors():
        engine = _ready_engine(address())
        with engine.connect().execution_options(takes_turn=write) as connection:
            connection.info.pop(chain.HEAD, None)
            with connection.begin():
                yield connection
            head = connection.info.pop(chain.HEAD, None)
            if head:
                chain.remember(head)


def _ready_engine(url: URL) -> Engine:
    text_of_url = url.render_as_string(hide_password=False)
    if url.get_backend_name() == "sqlite":
        _private_file(Path(url.database or ""))
    engine = _engine(text_of_url)
    migrate_once(text_of_url, os.getpid())
    return engine


_engines: dict[tuple[str, int], Engine] = {}
_opening = threading.Lock()


def _engine(url: str) -> Engine:
    """One engine a process: a connection must not be used on both sides of a fork. Another address closes the last."""
    key = (url, os.getpid())
    with _opening:
        if key not in _engines:
            for other in list(_engines):
                _engines.pop(other).dispose(close=other[1] == os.getpid())
            _engines[key] = _make_engine(url)
        return _engines[key]


def close() -> None:
    """Let go of all open files; the next use opens them again."""
    with _opening:
        for key in list(_engines):
            _engines.pop(key).dispose(close=key[1] == os.getpid())


atexit.register(close)


def _make_engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        # Connections stay open: closing the last one copies the log back, which costs as much as the commit itself.
        waits = {"timeout": WAIT_FOR_WRITER_MS / 1000, "check_same_thread": False}
        engine = create_engine(url, poolclass=QueuePool, max_overflow=-1, connect_args=waits)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise UnavailableError(
            "PostgreSQL needs the package psycopg, which is not installed",
            where="ADVISOR_DATABASE_URL",
            remedy='Install it: pip install "psycopg[binary]"',
        ) from None
    event.listen(engine, "begin", _postgres_begin)
    return engine


@cache
def migrate_once(url: str, pid: int) -> None:
    """Bring the schema up to date, once a process."""
    engine = _engine(url)

    @contextmanager
    def begin() -> Iterator[Connection]:
        with engine.connect().execution_options(takes_turn=True) as connection, connection.begin():
            yield connection

    with engine.connect() as connection, connection.begin():
        if migrations.applied_names(connection) == {m.__name__ for m in migrations.MIGRATIONS}:
            return
    migrations.migrate(begin)


def _private_file(path: Path) -> None:
    """Make the file readable by its owner only, before SQLite makes it with wider rights."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back, nor commit before DDL
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={WAIT_FOR_WRITER_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # A writer takes its place at the start: upgrading a read transaction later could fail half-way.
    writes = connection.get_execution_options().get("takes_turn")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("takes_turn"):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS_TAKE_TURNS})


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn a driver's error about the file, the disk or the lock into one a person can act on."""
    try:
        yield
    except AdvisorError:
        raise
    except OSError as e:
        raise UnavailableError(
            f"the records cannot be written ({e.strerror})",
            where=str(e.filename or workspace.home()),
            remedy="Check the disk's free space and the folder's rights, then try again.",
        ) from e
    except (DBAPIError, DatabaseError, InterfaceError) as e:
        clear = _explain(str(e.orig))
        if clear is None:
            raise
        raise clear from e


def _explain(said: str) -> UnavailableError | None:
    where = str(workspace.home() / "advisor.db") if not os.environ.get("ADVISOR_DATABASE_URL") else "the database"
    low = said.lower()
    if "locked" in low or "busy" in low:
        what = f"another program has held the records for {WAIT_FOR_WRITER_MS // 1000} seconds"
        remedy = "Close the program that has this file open, then try again. Nothing was changed."
    elif "full" in low or "disk i/o" in low or "no space" in low:
        what = f"the records cannot be written ({said})"
        remedy = "Free some disk space, then try again. Nothing was sent and nothing was changed."
    elif "malformed" in low or "not a database" in low:
        what = f"the records are damaged ({said})"
        remedy = "Move the file aside (keep it), then run `finetune-advisor doctor`."
    elif "readonly" in low or "unable to open" in low:
        what = f"the records cannot be opened for writing ({said})"
        remedy = "Check the rights of the folder, or set ADVISOR_HOME to one you can write to."
    elif "connection" in low or "could not translate" in low or "refused" in low:
        what = f"the database does not answer ({said.splitlines()[0]})"
        remedy = "Check ADVISOR_DATABASE_URL and that the server runs."
    else:
        return None
    return UnavailableError(what, where=where, remedy=remedy)
