"""One database for the chat and the command line: nobody's row is another's, a migration is whole or absent."""

import multiprocessing
import os
import sqlite3
import threading
from pathlib import Path

import pytest
from postgres import sqlite_only
from sqlalchemy import inspect, text

from tools.errors import InputError, NotFoundError, RefusedError, UnavailableError
from tools.records import cases, database, migrations, tables
from tools.records.owned import Owned


def test_a_case_is_kept_changed_and_listed() -> None:
    first = cases.save_case("c1", "ada", "Tickets", {"facts": {"examples": 3000}})
    second = cases.save_case("c1", "ada", "Support tickets", {"facts": {"examples": 3012}})
    assert (first.version, second.version) == (1, 2)
    assert cases.load_case("c1", "ada").document == {"facts": {"examples": 3012}}
    cases.save_case("c2", "ada", "Another", {})
    assert [c.title for c in cases.list_cases("ada")] == ["Another", "Support tickets"]


def test_two_windows_do_not_overwrite_each_other() -> None:
    cases.save_case("c1", "ada", "Tickets", {})
    cases.save_case("c1", "ada", "From window one", {}, expected_version=1)
    with pytest.raises(RefusedError, match="another window"):
        cases.save_case("c1", "ada", "From window two", {}, expected_version=1)
    assert cases.load_case("c1", "ada").title == "From window one"


def test_another_persons_case_does_not_exist() -> None:
    cases.save_case("c1", "ada", "Secret", {})
    with pytest.raises(NotFoundError) as theirs:
        cases.load_case("c1", "bob")
    with pytest.raises(NotFoundError) as nobodys:
        cases.load_case("c9", "bob")
    assert str(theirs.value).replace("c1", "?") == str(nobodys.value).replace("c9", "?")
    with pytest.raises(NotFoundError):
        cases.save_case("c1", "bob", "Taken over", {})
    assert cases.list_cases("bob") == []
    assert cases.load_case("c1", "ada").title == "Secret"


@pytest.mark.parametrize("owner", ["", "  "])
def test_rows_cannot_be_read_without_an_owner(owner: str) -> None:
    with database.read() as connection, pytest.raises(InputError, match="owner"):
        Owned(connection, tables.cases, owner)


@pytest.mark.parametrize("table", [t for t in tables.metadata.sorted_tables if t.name != "applied_migrations"])
def test_every_row_has_an_owner(table: tables.Table) -> None:
    assert not table.c.owner.nullable


def test_migrations_lead_to_the_tables_as_declared() -> None:
    with database.read() as connection:
        found = inspect(connection)
        for table in tables.metadata.sorted_tables:
            columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
            declared = {c.name: c.nullable and not c.primary_key for c in table.columns}
            keys = {c.name for c in table.primary_key}
            assert columns.keys() == declared.keys(), table.name
            assert {k: v for k, v in columns.items() if k not in keys} == {
                k: v for k, v in declared.items() if k not in keys
            }, table.name


SECOND = {"pages", "page_decisions", "page_shares"}
THIRD = {"advice", "outcomes"}


@pytest.mark.parametrize("stop_after", range(1, 25))
def test_a_migration_that_is_interrupted_leaves_nothing_of_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    sqlite_only()
    done = 0

    def stop() -> None:
        nonlocal done
        done += 1
        if done == stop_after:
            raise KeyboardInterrupt

    monkeypatch.setattr(migrations, "between_statements", stop)
    try:
        with database.read():
            pass
    except KeyboardInterrupt:
        connection = sqlite3.connect(home / "advisor.db")
        found = {
            n
            for (n,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        }
        everything = {t.name for t in tables.metadata.sorted_tables}
        assert found in (set(), everything - SECOND - THIRD, everything - THIRD)
        connection.close()
    monkeypatch.undo()
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    assert cases.save_case("c1", "ada", "Works", {}).version == 1


def test_a_file_of_a_newer_version_is_left_alone(home: Path) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO applied_migrations VALUES ('m999_future', '2027-01-01T00:00:00+00:00')"))
    database.migrate_once.cache_clear()
    with pytest.raises(UnavailableError, match=r"newer version \(it knows m999_future\)"):
        cases.list_cases("ada")


def test_a_locked_database_is_said_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_only()
    cases.save_case("c1", "ada", "Tickets", {})
    monkeypatch.setattr(database, "WAIT_FOR_WRITER_MS", 50)
    database.close()
    holder = sqlite3.connect(home / "advisor.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(UnavailableError, match="another program has held the records"):
            cases.save_case("c1", "ada", "Changed", {})
        assert cases.load_case("c1", "ada").title == "Tickets"
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_a_file_that_is_no_database_is_said_and_kept(home: Path) -> None:
    sqlite_only()
    home.mkdir()
    (home / "advisor.db").write_bytes(b"these are somebody's holiday photographs" * 100)
    with pytest.raises(UnavailableError, match="damaged"):
        cases.list_cases("ada")
    assert b"holiday" in (home / "advisor.db").read_bytes()


@pytest.mark.parametrize("setting", ["mysql://x/y", "not an address", "sqlite://"])
def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    sqlite_only()
    monkeypatch.setenv("ADVISOR_DATABASE_URL", setting)
    with pytest.raises(InputError, match="ADVISOR_DATABASE_URL"):
        cases.list_cases("ada")


def test_the_file_is_its_owners_alone(home: Path) -> None:
    sqlite_only()
    cases.save_case("c1", "ada", "Tickets", {})
    assert (home / "advisor.db").stat().st_mode & 0o077 == 0


def _count_up(settings: dict[str, str], times: int) -> None:
    os.environ.update(settings)
    for _ in range(times):
        with database.write() as connection:
            mine = Owned(connection, tables.cases, "ada")
            row = mine.get("c1", "case")
            mine.update(tables.cases.c.id == "c1", version=row["version"] + 1)


def test_two_processes_and_four_threads_lose_no_update(home: Path) -> None:
    cases.save_case("c1", "ada", "Counter", {})
    settings = {n: os.environ.get(n, "") for n in ("ADVISOR_HOME", "ADVISOR_DATABASE_URL")}
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_count_up, args=(settings, 20)) for _ in range(2)]
    threads = [threading.Thread(target=_count_up, args=(settings, 20)) for _ in range(4)]
    for worker in [*processes, *threads]:
        worker.start()
    for worker in [*processes, *threads]:
        worker.join()
    assert cases.load_case("c1", "ada").version == 1 + 6 * 20
