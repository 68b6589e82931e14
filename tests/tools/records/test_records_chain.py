"""The ledger cannot lose or change an entry without its being noticed."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from postgres import sqlite_only
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from tools.errors import UnavailableError
from tools.records import chain, database


def write_entries(n: int) -> None:
    for i in range(n):
        with database.write() as connection:
            chain.append(connection, "ada", "key", "INTENT", {"i": i, "usd": "4.10", "text": "é"})


def check() -> chain.Head:
    with database.read() as connection:
        return chain.verify(connection)


def test_entries_come_back_in_order() -> None:
    write_entries(3)
    with database.read() as connection:
        assert [e.body["i"] for e in chain.entries(connection, "key")] == [0, 1, 2]
    assert check().seq == 3


@pytest.mark.parametrize("statement", ["UPDATE ledger SET body = '{}'", "DELETE FROM ledger WHERE seq = 2"])
def test_the_database_refuses_to_change_an_entry(statement: str) -> None:
    write_entries(3)
    with pytest.raises(DatabaseError, match="append-only"), database.write() as connection:
        connection.execute(text(statement))
    assert check().seq == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = replace(body, '4.10', '1.10') WHERE seq = 2",
        "UPDATE ledger SET owner = 'eve' WHERE seq = 1",
        "UPDATE ledger SET at = '2020-01-01T00:00:00.000000+00:00' WHERE seq = 3",
        "DELETE FROM ledger WHERE seq = 2",
        "DELETE FROM ledger WHERE seq = 3",
        "DELETE FROM ledger",
    ],
)
def test_a_change_behind_its_back_is_noticed(home: Path, statement: str) -> None:
    sqlite_only()
    write_entries(3)
    raw = sqlite3.connect(home / "advisor.db")
    for name in ("ledger_no_update", "ledger_no_delete"):
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(statement)
    raw.commit()
    raw.close()
    with pytest.raises(UnavailableError, match="the job ledger is damaged"):
        check()


def test_an_old_copy_put_back_is_noticed(home: Path, tmp_path: Path) -> None:
    sqlite_only()
    write_entries(2)
    database.close()
    shutil.copy(home / "advisor.db", tmp_path / "old.db")
    write_entries(1)
    database.close()
    shutil.copy(tmp_path / "old.db", home / "advisor.db")
    with pytest.raises(UnavailableError, match="it ends at entry 2, but 3 were written"):
        check()


def test_a_bit_flip_anywhere_in_the_file_is_never_silent(home: Path) -> None:
    """Either an entry reads as it was written, or the store or the chain says that it is damaged."""
    sqlite_only()
    write_entries(40)
    database.close()
    path = home / "advisor.db"
    whole = path.read_bytes()
    rng = random.Random(7)
    noticed = 0
    for _ in range(60):
        damaged = bytearray(whole)
        at = rng.randrange(len(damaged))
        damaged[at] ^= 1 << rng.randrange(8)
        database.close()
        path.write_bytes(damaged)
        try:
            head = check()
        except (UnavailableError, DatabaseError, ValueError, TypeError):
            noticed += 1
        else:
            assert head.seq == 40
    database.close()
    path.write_bytes(whole)
    assert check().seq == 40
    assert noticed > 0


def test_a_head_mark_that_cannot_be_written_is_said(home: Path) -> None:
    write_entries(1)
    (home / "ledger.head.new").mkdir()
    with pytest.raises(UnavailableError, match="cannot be written"):
        write_entries(1)
