"""Who may sign in. On this computer alone: you, without a password. Beyond it: people added with a password."""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from tools.errors import InputError
from tools.records.owned import LOCAL
from tools.workspace import home

LOCAL_USER = LOCAL
"""The one person of this computer: the same owner in the chat and on the command line."""
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


def _path() -> Path:
    return home() / "users.json"


def _load() -> dict[str, dict[str, str]]:
    try:
        loaded: dict[str, dict[str, str]] = json.loads(_path().read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise InputError("the list of users is not JSON", where=str(_path()), remedy="Mend or remove it.") from None
    return loaded


def _hash(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **_SCRYPT).hex()


def add_user(name: str, password: str) -> None:
    """Add a person, or give one a new password.

    Raises:
        InputError: empty name, or a password under 10 characters.
    """
    name = name.strip()
    if not name or len(password) < 10:
        raise InputError("a user needs a name and a password of at least 10 characters")
    users = _load()
    salt = secrets.token_hex(16)
    users[name] = {"salt": salt, "scrypt": _hash(password, salt)}
    temporary = _path().with_suffix(".tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as f:
        json.dump(users, f)
    temporary.replace(_path())


def has_users() -> bool:
    """Whether anybody has been added."""
    return bool(_load())


def password_is_right(name: str, password: str) -> bool:
    """Compare in constant time; an unknown name costs as much as a wrong password."""
    user = _load().get(name.strip(), {"salt": "00" * 16, "scrypt": ""})
    return hmac.compare_digest(_hash(password, user["salt"]), user["scrypt"])
