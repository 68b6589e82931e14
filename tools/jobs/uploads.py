"""Sending a data file once per account: its intent is on disk first, and a file that is there already is used again."""

import secrets

from tools.jobs import datafiles
from tools.jobs.backends.base import Backend, Unanswered
from tools.jobs.models import DataFile
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import uploads


def ensure(backend: Backend, owner: str, file: DataFile) -> str:
    """The provider's id of this file, uploaded now if it is not there.

    Raises:
        RefusedError: the kept copy is not what was approved.
        Refused, NotSent, Unanswered, Unreachable: from the backend.
    """
    content = datafiles.content(file)
    account, name = backend.account(), datafiles.upload_name(file)
    known = _known(backend, owner, account, file)
    if known is not None and backend.has_file(known):
        return known
    _note(backend, owner, account, file, "SENDING", None)
    try:
        file_id = backend.upload(name, content)
    except Unanswered:
        # The name carries the content's digest: what is there under it is this file.
        found = backend.find_file(name, file.bytes)
        if found is None:
            raise
        file_id = found
    _note(backend, owner, account, file, "DONE", file_id)
    return file_id


def _known(backend: Backend, owner: str, account: str, file: DataFile) -> str | None:
    with database.read() as connection:
        row = Owned(connection, uploads, owner).first(
            uploads.c.backend == backend.name, uploads.c.account == account, uploads.c.sha256 == file.sha256
        )
    if row is None:
        return None
    if row["state"] == "DONE":
        return str(row["file_id"])
    # An upload was begun and its end was never seen: it may have arrived.
    return backend.find_file(datafiles.upload_name(file), file.bytes)


def _note(backend: Backend, owner: str, account: str, file: DataFile, state: str, file_id: str | None) -> None:
    with database.write() as connection:
        mine = Owned(connection, uploads, owner)
        values = {"state": state, "file_id": file_id, "updated_at": clock.now()}
        here = (uploads.c.backend == backend.name, uploads.c.account == account, uploads.c.sha256 == file.sha256)
        if not mine.update(*here, **values):
            new = {"id": f"upload_{secrets.token_hex(8)}", "backend": backend.name, "account": account}
            mine.insert(**new, sha256=file.sha256, bytes=file.bytes, **values)
        chain.append(connection, owner, file.sha256, f"UPLOAD_{state}", {"account": account, "file_id": file_id})
