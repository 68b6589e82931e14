"""The ledger's chain: every entry names the hash of the one before, so that a lost or changed entry cannot hide.

Beside the database lies `ledger.head`, the last entry known to be on disk. A store that silently loses its newest
entries (a damaged write-ahead log, an old copy put back) falls behind that mark and is noticed.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, func, insert, select

from tools import workspace
from tools.canonical import canonical
from tools.errors import UnavailableError
from tools.records import clock
from tools.records.tables import ledger

START = "0" * 64
HEAD = "ledger_head"
"""Where a connection carries the entry that its transaction has added."""


class Entry(NamedTuple):
    """One line of the ledger."""

    seq: int
    owner: str
    at: datetime
    subject: str
    """The launch key, plan id or approval id it is about."""
    kind: str
    body: dict[str, Any]
    hash: str


class Head(NamedTuple):
    """The newest entry."""

    seq: int
    hash: str


def append(connection: Connection, owner: str, subject: str, kind: str, body: dict[str, Any]) -> Head:
    """Add one entry inside the caller's write transaction; database.write() remembers it once it is committed."""
    last = _newest(connection)
    content = json.loads(canonical(body))
    at = clock.now()
    seq = last.seq + 1
    digest = _hash(seq, owner, at, subject, kind, content, last.hash)
    connection.execute(
        insert(ledger).values(
            seq=seq, owner=owner, at=at, subject=subject, kind=kind, body=content, prev_hash=last.hash, hash=digest
        )
    )
    connection.info[HEAD] = head = Head(seq, digest)
    return head


def entries(connection: Connection, subject: str) -> list[Entry]:
    """What the ledger holds about one subject, oldest first."""
    rows = connection.execute(select(ledger).where(ledger.c.subject == subject).order_by(ledger.c.seq)).mappings()
    return [_entry(row) for row in rows]


def reached(connection: Connection, after: int, moment: datetime) -> bool:
    """Whether an entry later than number `after` was written at `moment` or afterwards, whatever the clock says now."""
    later = select(func.count()).select_from(ledger).where(ledger.c.seq > after, ledger.c.at >= moment)
    return bool(connection.execute(later).scalar())


def verify(connection: Connection) -> Head:
    """Check the whole chain and that it reaches the remembered head.

    Raises:
        UnavailableError: an entry is missing or changed; nothing may be launched on such a ledger.
    """
    last = Head(0, START)
    remembered = _remembered()
    for row in connection.execute(select(ledger).order_by(ledger.c.seq)).mappings():
        entry = _entry(row)
        expected = _hash(entry.seq, entry.owner, entry.at, entry.subject, entry.kind, entry.body, last.hash)
        if entry.seq != last.seq + 1 or row["prev_hash"] != last.hash or entry.hash != expected:
            raise _damaged(f"entry {last.seq + 1} is missing or was changed")
        if remembered and entry.seq == remembered.seq and entry.hash != remembered.hash:
            raise _damaged(f"entry {entry.seq} is not the one that was written")
        last = Head(entry.seq, entry.hash)
    if remembered and remembered.seq > last.seq:
        raise _damaged(f"it ends at entry {last.seq}, but {remembered.seq} were written")
    return last


def remember(head: Head) -> None:
    """Note outside the database that `head` is committed; the mark only ever moves forward."""
    path = _mark()
    with _locked(path):
        known = _remembered()
        if known and known.seq >= head.seq:
            return
        temporary = path.with_name(path.name + ".new")
        with temporary.open("w", encoding="utf-8") as f:
            json.dump(head._asdict(), f)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _newest(connection: Connection) -> Head:
    seq = connection.execute(select(func.max(ledger.c.seq))).scalar()
    if seq is None:
        return Head(0, START)
    return Head(seq, connection.execute(select(ledger.c.hash).where(ledger.c.seq == seq)).scalar_one())


def _hash(seq: int, owner: str, at: datetime, subject: str, kind: str, body: dict[str, Any], previous: str) -> str:
    stamp = at.isoformat(timespec="microseconds")
    return hashlib.sha256(canonical([seq, owner, stamp, subject, kind, body, previous]).encode()).hexdigest()


def _entry(row: RowMapping) -> Entry:
    return Entry(row["seq"], row["owner"], row["at"], row["subject"], row["kind"], row["body"], row["hash"])


def _mark() -> Path:
    return workspace.home() / "ledger.head"


def _remembered() -> Head | None:
    try:
        data = json.loads(_mark().read_text(encoding="utf-8"))
        return Head(int(data["seq"]), str(data["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise _damaged("its mark cannot be read") from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_name(path.name + ".lock").open("w") as f:
        if os.name == "posix":
            import fcntl

            fcntl.flock(f, fcntl.LOCK_EX)
        yield


def _damaged(what: str) -> UnavailableError:
    return UnavailableError(
        f"the job ledger is damaged: {what}",
        where=str(_mark().parent),
        remedy="Nothing will be launched on it. Keep advisor.db and ledger.head, restore a backup, and check the "
        "provider's own list of jobs.",
    )
