"""Who may sign in beyond this computer."""

import stat
from pathlib import Path

import pytest

from tools.errors import InputError
from ui.web.users import add_user, has_users, password_is_right


def test_a_person_signs_in_with_the_right_password_only() -> None:
    assert not has_users()
    add_user("ana", "a long password")
    assert has_users()
    assert password_is_right("ana", "a long password")
    assert not password_is_right("ana", "another password")
    assert not password_is_right("bob", "a long password")


def test_a_new_password_replaces_the_old() -> None:
    add_user("ana", "a long password")
    add_user("ana", "a newer password")
    assert not password_is_right("ana", "a long password")


@pytest.mark.parametrize(("name", "password"), [("", "a long password"), ("ana", "short")])
def test_weak_entries_are_refused(name: str, password: str) -> None:
    with pytest.raises(InputError):
        add_user(name, password)


def test_the_file_is_the_owner_s_and_holds_no_password(home: Path) -> None:
    add_user("ana", "a long password")
    path = home / "users.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "a long password" not in path.read_text()
