"""One automaton for many patterns. Making it takes a tenth of a second and 9 MB, so it is kept in the home folder."""

import hashlib
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tools import workspace
from tools.errors import InputError

KEPT = 8
"""How many are kept: each kind of example has its own, with and without secrets."""


@cache
def automaton(patterns: tuple[bytes, ...]) -> Any:
    """The automaton that finds all of the patterns at once; it may be shared between threads."""
    import hyperscan

    path = None
    # Not made yet, damaged, of another version or machine: it is made anew. Without a home folder nothing is kept.
    with suppress(OSError, InputError, hyperscan.error):
        path = workspace.folder("cache") / f"lint-{hashlib.sha256(repr(patterns).encode()).hexdigest()[:24]}.hs"
        return hyperscan.loadb(path.read_bytes(), mode=hyperscan.HS_MODE_BLOCK)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=patterns, ids=range(len(patterns)), elements=len(patterns), flags=0)
    if path is not None:
        with suppress(OSError):
            _keep(path, hyperscan.dumpb(database))
    return database


def _keep(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".lint-", dir=path.parent)
    with os.fdopen(handle, "wb") as f:
        f.write(data)
    os.replace(name, path)
    made = sorted(path.parent.glob("lint-*.hs"), key=lambda p: p.stat().st_mtime)
    for old in made[:-KEPT]:
        old.unlink(missing_ok=True)
