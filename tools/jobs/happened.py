"""What happened in a job so far, each stored event read once a process: a long job has thousands of them."""

import threading

from sqlalchemy import Connection

from tools.jobs.models import JobEvent
from tools.records import database
from tools.records.owned import Owned
from tools.records.tables import job_events

MOST_JOBS = 16
"""Jobs kept in memory; who has more reads the others' events again."""

_kept: dict[tuple[str, str], tuple[JobEvent, ...]] = {}
_at_work = threading.Lock()


def so_far(connection: Connection, owner: str, job_id: str) -> tuple[JobEvent, ...]:
    """All committed events of a job, oldest first. For a reading transaction: what another undoes must not be kept."""
    key = (database.address().render_as_string(), job_id)
    with _at_work:
        known = _kept.pop(key, ())
    new = after(connection, owner, job_id, known[-1].seq - 1 if known else 0)
    if known and (not new or new[0] != known[-1]):  # another file lies there now: an older copy put back
        known, new = (), after(connection, owner, job_id, 0)
    found = (*known[:-1], *new)
    with _at_work:
        _kept[key] = found
        while len(_kept) > MOST_JOBS:
            del _kept[next(iter(_kept))]
    return found


def after(connection: Connection, owner: str, job_id: str, seq: int) -> tuple[JobEvent, ...]:
    """The events after number `seq`, of the caller's transaction too."""
    rows = Owned(connection, job_events, owner).all(
        job_events.c.job_id == job_id, job_events.c.seq > seq, order_by=job_events.c.seq
    )
    return tuple(
        JobEvent(
            seq=row["seq"],
            id=row["provider_event_id"],
            at=row["at"],
            level=row["level"],
            type=row["type"],
            message=row["message"],
            data=row["data"],
        )
        for row in rows
    )
