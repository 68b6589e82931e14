"""What a person named: a file that has to be there, a name that has to be known, and why a file could not be used."""

from collections.abc import Iterable
from pathlib import Path

from tools.errors import InputError, NotFoundError


def file_named(path: Path) -> Path:
    """The path, if an ordinary file is there.

    Raises:
        NotFoundError: there is nothing.
        InputError: it is a folder or a device.
    """
    if path.is_file():
        return path
    if path.is_dir():
        raise InputError("this is a folder, not a file", where=str(path), remedy="Name one file.")
    if path.exists():
        raise InputError("this is not an ordinary file", where=str(path), remedy="Name one file.")
    raise NotFoundError("there is no such file", where=str(path), remedy="Check the path.")


def closest(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is not known: the one that is nearest, else all there are."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(name.lower(), names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(names)}."


def reason(error: Exception) -> str:
    """Why a file could not be used, in a few words and without Python's error numbers."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return "not UTF-8 text" if isinstance(error, UnicodeError) else str(error)
