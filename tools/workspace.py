"""The one folder under which all user data lives: ADVISOR_HOME, by default ~/.finetune-advisor."""

import os
from pathlib import Path

from tools.errors import InputError


def home() -> Path:
    """The home folder, created (mode 0700) when first asked for.

    Raises:
        InputError: it cannot be created or written.
    """
    path = Path(os.environ.get("ADVISOR_HOME") or Path.home() / ".finetune-advisor").expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as e:
        raise InputError(
            f"the folder for your data cannot be created ({e.strerror})",
            where=str(path),
            remedy="Set ADVISOR_HOME to a folder you can write to.",
        ) from None
    return path


def folder(*parts: str) -> Path:
    """A folder below home, created when first asked for."""
    path = home().joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
