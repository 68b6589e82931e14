"""The same stories on PostgreSQL: set TEST_DATABASE_URL to a database that may be written, each test gets a schema."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tools.records import database

SETTING = "TEST_DATABASE_URL"


@contextmanager
def schema_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ADVISOR_DATABASE_URL for one test; nothing where the setting is not there."""
    given = os.environ.get(SETTING)
    if not given:
        yield
        return
    name = f"test_{secrets.token_hex(6)}"
    engine = create_engine(make_url(given).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    monkeypatch.setenv("ADVISOR_DATABASE_URL", f"{given}?options={quote(f'-csearch_path={name}')}")
    try:
        yield
    finally:
        database.close()
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()


def sqlite_only() -> None:
    """For stories about the SQLite file itself."""
    if os.environ.get(SETTING):
        pytest.skip("about the SQLite file")
