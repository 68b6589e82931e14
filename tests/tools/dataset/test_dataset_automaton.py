"""The linter's automaton is kept between runs, made anew where it is damaged, and works where nothing can be kept."""

from pathlib import Path

import hyperscan
import pytest

from tools import workspace
from tools.dataset.linter import automaton as kept
from tools.errors import InputError

PATTERNS = (b"a+b", rb"\d{3}")


def finds(text: bytes) -> set[int]:
    kept.automaton.cache_clear()
    found: set[int] = set()
    database = kept.automaton(PATTERNS)
    database.scan(text, match_event_handler=lambda which, *_: found.add(which), scratch=hyperscan.Scratch(database))
    return found


def test_it_is_made_once_and_read_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finds(b"caab") == {0}
    assert len(list(workspace.folder("cache").glob("lint-*.hs"))) == 1
    monkeypatch.setattr(kept, "_keep", None)
    assert finds(b"caab 123") == {0, 1}


@pytest.mark.parametrize("damage", [b"", b"garbage" * 99])
def test_a_damaged_one_is_made_anew(damage: bytes) -> None:
    finds(b"")
    (path,) = workspace.folder("cache").glob("lint-*.hs")
    path.write_bytes(damage)
    assert finds(b"123") == {1}
    assert len(path.read_bytes()) > len(damage)


def test_without_a_home_folder_it_works_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*parts: str) -> Path:
        raise InputError("no folder")

    monkeypatch.setattr(workspace, "folder", refused)
    assert finds(b"123") == {1}


def test_old_ones_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 2)
    for n in range(4):
        kept.automaton((b"x%d" % n,))
    assert len(list(workspace.folder("cache").glob("*"))) == 2
