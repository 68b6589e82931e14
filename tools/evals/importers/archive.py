"""Entries of a zip archive, bounded; also those compressed with Zstandard, which Python before 3.14 cannot read."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge.thresholds import threshold
from tools.errors import InputError
from tools.progress import Progress

_ZSTANDARD = 93
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def is_archive(head: bytes) -> bool:
    """Whether a file begins like a zip archive."""
    return head.startswith(b"PK\x03\x04")


def entries(file: Path, wanted: Callable[[str], bool], progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Name and content of the wanted entries. Nothing is written to disk.

    Raises:
        InputError: the archive is damaged, or would unpack to more than evals.file_limit_mb.
    """
    limit = threshold("evals.file_limit_mb") * 1e6
    try:
        with zipfile.ZipFile(file) as archive:
            infos = [i for i in archive.infolist() if wanted(i.filename)]
            if sum(i.file_size for i in infos) > limit:
                raise InputError(
                    f"it would unpack to more than {limit / 1e6:,.0f} MB", where=file.name, remedy="Split the log."
                )
            for done, info in enumerate(infos):
                progress(done, len(infos), info.filename)
                if info.compress_type == _ZSTANDARD:
                    yield info.filename, _zstandard(file, info)
                else:
                    yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, EOFError, struct.error, NotImplementedError, RuntimeError) as e:
        what = f"the archive cannot be read ({e})"
        raise InputError(what, where=file.name, remedy="Copy or export it again.") from None


def _zstandard(file: Path, info: zipfile.ZipInfo) -> bytes:
    from tools.evals.store.unpack import zstandard

    with file.open("rb") as f:
        f.seek(info.header_offset)
        signature, name_length, extra_length = _LOCAL_HEADER.unpack(f.read(_LOCAL_HEADER.size))
        if signature != b"PK\x03\x04":
            raise zipfile.BadZipFile("an entry is not where it should be")
        f.seek(name_length + extra_length, 1)
        data = zstandard(f.read(info.compress_size))
    if len(data) > info.file_size:
        raise zipfile.BadZipFile("an entry is larger than it says")
    return data
