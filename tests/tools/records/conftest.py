"""Each test on SQLite, or on PostgreSQL where TEST_DATABASE_URL says so."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from postgres import schema_of_its_own


@pytest.fixture(autouse=True)
def chosen_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with schema_of_its_own(monkeypatch):
        yield
