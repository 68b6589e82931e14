"""A dropped file: copied into the home folder under a name of ours, known to the case by a short id."""

import hashlib
import re
import shutil
from pathlib import Path

from agent.case import Case, DatasetRef
from tools.errors import InputError
from tools.workspace import folder

MAX_NAME = 80
FIRST_WORDS = 4096
"""Characters."""


def take_in(case: Case, path: Path, name: str) -> DatasetRef:
    """Copy a file to ADVISOR_HOME/datasets/<sha256>/ and note it in the case; the same content is kept once.

    Raises:
        InputError: it cannot be read or there is no room for it.
    """
    try:
        with path.open("rb") as f:
            digest = hashlib.file_digest(f, "sha256").hexdigest()
        target = folder("datasets", digest[:16]) / safe_name(name)
        if not target.exists():
            temporary = target.with_suffix(target.suffix + ".part")
            shutil.copyfile(path, temporary)
            temporary.replace(target)
    except OSError as e:
        raise InputError(
            f"the file could not be kept ({e.strerror})", where=name, remedy="Free some disk space and drop it again."
        ) from None
    return add_ref(case, name, target)


def add_ref(case: Case, name: str, path: Path, *, id_: str = "") -> DatasetRef:
    """Give a file an id in the case: d1, d2, ... or the one given; a file that has one keeps it."""
    known = next((d for d in case.datasets if d.path == str(path)), None)
    if known is not None and not id_:
        return known
    number = len(case.files()) + 1
    ref = DatasetRef(id=id_ or f"d{number}", name=name, path=str(path))
    case.datasets = [*(d for d in case.datasets if d.id != ref.id), ref]
    return ref


def ref_of(case: Case, dataset_id: object) -> DatasetRef:
    """The file with this id.

    Raises:
        InputError: the case has none.
    """
    for ref in case.datasets:
        if ref.id == dataset_id:
            if not Path(ref.path).is_file():
                raise InputError("the file is no longer there", where=ref.name, remedy="Drop it again.")
            return ref
    raise InputError("this conversation has no such file", remedy="Drop it into the chat.")


def is_document(ref: DatasetRef) -> bool:
    """Whether a file is prose to read from, by its kind and its first words; rows with any ending are data."""
    path = Path(ref.path)
    if path.suffix.lower() == ".md":
        return True
    if path.suffix.lower() != ".txt" or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as f:
        first = f.read(FIRST_WORDS).lstrip("\ufeff \n\r\t")
    return bool(first) and first[0] not in "{[" and "\t" not in first.partition("\n")[0]


def safe_name(name: str) -> str:
    """A file name of ours from an uploader's: no folders, no control characters, not too long."""
    base = re.sub(r"[^\w.\- ]", "_", Path(name.replace("\\", "/")).name).strip(". ")
    return base[-MAX_NAME:] or "dataset"
