"""The states of a launch: every step is one committed transaction, on disk before the next thing happens.

    RESERVED -> INTENT -> SENDING(n) -> CONFIRMED | REFUSED | UNKNOWN -> CONFIRMED | NOT_CREATED | NEEDS_HUMAN

Who moves a launch holds its lease, a number that only grows: a process that was thought dead and wakes up again finds
its number stale and can change nothing more, above all not send.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping

from knowledge.thresholds import threshold
from tools.errors import RefusedError
from tools.jobs import processes
from tools.jobs.models import State
from tools.records import chain, clock, database
from tools.records.owned import Owned, of_everyone
from tools.records.tables import jobs

BEFORE: dict[State, frozenset[State]] = {
    "RESERVED": frozenset({"REFUSED", "NOT_CREATED"}),
    "INTENT": frozenset({"RESERVED"}),
    "SENDING": frozenset({"INTENT"}),
    "CONFIRMED": frozenset({"RESERVED", "SENDING", "UNKNOWN", "NEEDS_HUMAN"}),
    "REFUSED": frozenset({"RESERVED", "SENDING"}),
    "UNKNOWN": frozenset({"SENDING"}),
    "NOT_CREATED": frozenset({"RESERVED", "INTENT", "SENDING", "UNKNOWN", "NEEDS_HUMAN"}),
    "NEEDS_HUMAN": frozenset({"UNKNOWN"}),
}
STATUS: dict[State, str] = {
    "RESERVED": "launching",
    "INTENT": "launching",
    "SENDING": "launching",
    "CONFIRMED": "queued",
    "REFUSED": "refused",
    "UNKNOWN": "unknown",
    "NOT_CREATED": "not_created",
    "NEEDS_HUMAN": "needs_human",
}


class Hold(NamedTuple):
    """The right to move one launch."""

    job_id: str
    owner: str
    launch_key: str
    fence: int


class Stale(RefusedError):
    """Somebody else has taken over this launch."""


def job_id(launch_key: str) -> str:
    """The id of the job that a launch key stands for."""
    return f"job_{launch_key[:16]}"


def held_by_another(row: RowMapping) -> bool:
    """Whether a living process other than this one is at work on it."""
    if row["lease_holder"] is None or row["lease_until"] <= clock.now():
        return False
    return not processes.gone(row["lease_holder"]) and bool(row["lease_holder"] != processes.me())


def held_by_me(row: RowMapping) -> bool:
    """Whether another thread of this process is at work on it."""
    return bool(row["lease_holder"] == processes.me() and row["lease_until"] > clock.now())


def take(connection: Connection, row: RowMapping) -> Hold:
    """Take the lease inside a write transaction. The caller has looked at held_by_another."""
    fence = row["fence"] + 1
    Owned(connection, jobs, row["owner"]).update(jobs.c.id == row["id"], fence=fence, **lease())
    return Hold(row["id"], row["owner"], row["launch_key"], fence)


def lease() -> dict[str, Any]:
    """The columns of a fresh lease of this process."""
    until = clock.now() + timedelta(seconds=threshold("jobs.lease_s"))
    return {"lease_holder": processes.me(), "lease_until": until}


def give_back(hold: Hold) -> None:
    """End the lease, if it is still ours."""
    with database.write() as connection:
        Owned(connection, jobs, hold.owner).update(
            jobs.c.id == hold.job_id, jobs.c.fence == hold.fence, lease_holder=None, lease_until=None
        )


def move(hold: Hold, to: State, body: dict[str, Any], **columns: Any) -> None:
    """Commit one step of a launch and its entry in the ledger.

    Raises:
        Stale: the lease is no longer ours, or the launch is not where this step starts from.
    """
    with database.write() as connection:
        move_in(connection, hold, to, body, **columns)


def move_in(connection: Connection, hold: Hold, to: State, body: dict[str, Any], **columns: Any) -> None:
    """The same inside the caller's transaction."""
    values = {"state": to, "status": STATUS[to], "updated_at": clock.now(), **columns}
    changed = Owned(connection, jobs, hold.owner).update(
        jobs.c.id == hold.job_id, jobs.c.fence == hold.fence, jobs.c.state.in_(BEFORE[to]), **values
    )
    if changed != 1:
        raise Stale(f"another process has taken over the launch {hold.job_id}")
    chain.append(connection, hold.owner, hold.launch_key, to, body)


def unfinished(connection: Connection) -> list[RowMapping]:
    """Every launch whose outcome is open or whose job still runs, of all owners: what the monitor works on."""
    from tools.jobs.models import TERMINAL

    open_states = ("RESERVED", "INTENT", "SENDING", "UNKNOWN")
    return of_everyone(
        connection,
        jobs,
        jobs.c.state.in_(open_states) | ((jobs.c.state == "CONFIRMED") & jobs.c.status.not_in(TERMINAL)),
    )


def next_check(step: int, since: datetime) -> datetime | None:
    """When an unanswered launch is looked for the (step + 1)-th time; None after the last."""
    if step >= 4:
        return None
    return since + timedelta(seconds=threshold(f"jobs.reconcile_{step + 1}_s"))
