"""Finding out what became of a launch whose end nobody saw: looking, never sending again."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError

from knowledge.thresholds import threshold
from tools.errors import AdvisorError, InputError, RefusedError, UnavailableError
from tools.jobs import ledger, statuses
from tools.jobs.backends.base import Backend, BackendError, Missing, RemoteJob, Search
from tools.jobs.backends.registry import backend as backend_named
from tools.jobs.ledger import Hold
from tools.jobs.models import State
from tools.jobs.plan import get_plan
from tools.records import clock, database
from tools.records.owned import Owned, of_everyone
from tools.records.tables import jobs

IN_FLIGHT = ("RESERVED", "INTENT", "SENDING")
RETRY_AFTER_ERROR_S = 30
WINDOW_STEPS = 4
RESOLVE = "--adopt PROVIDER_JOB_ID (or --not-created) --why HOW_YOU_KNOW"


def recover(job_id: str) -> State | None:
    """Take over a launch whose process has ended; the state it is in afterwards, None when there was nothing to do.

    Before SENDING was committed nothing can have left: NOT_CREATED, and the reservation ends. After it: UNKNOWN.
    """
    with database.write() as connection:
        row = _row(connection, job_id)
        if row is None or row["state"] not in IN_FLIGHT or ledger.held_by_another(row):
            return None
        if ledger.held_by_me(row):
            return None  # another thread of this very process is at work on it
        hold = ledger.take(connection, row)
        sent = row["state"] == "SENDING"
        if sent:
            words = "the program ended before the provider's answer was stored; looking for the job"
            check = {"check_step": 0, "next_check_at": clock.now()}
            ledger.move_in(connection, hold, "UNKNOWN", {"why": words}, message=words, **check)
        else:
            words = "the program ended before anything was sent; launch it again if you still want to"
            ledger.move_in(connection, hold, "NOT_CREATED", {"why": words}, message=words)
        _end_lease(connection, hold)
        return "UNKNOWN" if sent else "NOT_CREATED"


def confirm(hold: Hold, job: RemoteJob, how: str, duplicates: tuple[str, ...] = ()) -> None:
    """Store which job at the provider this launch is."""
    body: dict[str, Any] = {"provider_job_id": job.id, "how": how, "duplicates": list(duplicates)}
    message = ""
    columns: dict[str, Any] = {}
    if duplicates:
        message = f"{len(duplicates) + 1} jobs were found for this launch; cancel {', '.join(duplicates)}"
        with database.read() as connection:
            stored = Owned(connection, jobs, hold.owner).get(hold.job_id, "job")["document"]
        columns["document"] = {**stored, "notice": message}
    ledger.move(
        hold,
        "CONFIRMED",
        body,
        provider_job_id=job.id,
        status=statuses.unified(job.status),
        provider_status=job.status,
        message=message,
        next_check_at=None,
        **columns,
    )


def check(job_id: str) -> State | None:
    """Look for an unanswered launch once, if it is due; the state afterwards, None when it was not looked for."""
    with database.write() as connection:
        row = _row(connection, job_id)
        due = row is not None and row["state"] == "UNKNOWN" and row["next_check_at"] <= clock.now()
        if row is None or not due or ledger.held_by_another(row) or ledger.held_by_me(row):
            return None
        hold = ledger.take(connection, row)
        taken = _ids_of_others(connection, row)
    try:
        return _look(row, hold, taken)
    except ledger.Stale:
        return None
    finally:
        ledger.give_back(hold)


def adopt_earlier(backend: Backend, hold: Hold) -> bool:
    """Before the request leaves: whether this launch has a job already, which is then adopted.

    Of an earlier attempt; or, before the first one, of a store of which this is a copy or an old backup.

    Raises:
        Stale: the lease is no longer ours.
    """
    with database.read() as connection:
        row = Owned(connection, jobs, hold.owner).get(hold.job_id, "job")
        taken = _ids_of_others(connection, row)
    first = row["sent_at"] is None
    if first and backend.idempotent:
        return False
    try:
        found = [j for j in backend.find(_by_key(row) if first else _search(row)) if j.id not in taken]
    except BackendError as e:
        if first and isinstance(e, Missing):
            return False  # it keeps no list
        words = f"the provider could not be asked whether this launch has a job already ({e.message})"
        ledger.move(hold, "NOT_CREATED", {"why": words}, message=f"{words}; nothing was sent. Launch it again later")
        return True
    if found:
        confirm(hold, found[0], "found before sending", tuple(j.id for j in found[1:]))
    return bool(found)


def while_waiting(job_id: str, wait_s: float) -> None:
    """Follow a launch for a while: until its outcome is known or the time is over."""
    until = time.monotonic() + wait_s
    while True:
        with database.read() as connection:
            row = _row(connection, job_id)
        if row is None or row["state"] not in (*IN_FLIGHT, "UNKNOWN"):
            return
        if row["state"] == "UNKNOWN":
            check(job_id)
        else:
            recover(job_id)
        if time.monotonic() >= until:
            return
        time.sleep(0.05)


def resolve(
    job_id: str, person: str, *, owner: str = "local", adopt: str | None = None, not_created: bool = False, why: str
) -> None:
    """A person's word on a launch that could not be settled: which job it is, or that none exists.

    Raises:
        RefusedError: it does not wait for a person.
        InputError: neither or both were said, or there is no reason in writing.
    """
    if (adopt is None) == (not not_created):
        raise InputError("say either which job it is or that none was created", remedy=RESOLVE)
    why = told_why(why)
    with database.write() as connection:
        row = Owned(connection, jobs, owner).get(job_id, "job")
        if row["state"] != "NEEDS_HUMAN":
            raise RefusedError(
                f"the launch does not wait for a person; it is {row['state']}",
                remedy=f"Its next step: finetune-advisor jobs show {job_id}",
            )
        hold = ledger.take(connection, row)
    said = {"person": person, "why": why}
    try:
        if adopt is None:
            ledger.move(hold, "NOT_CREATED", said, message=f"{person}: none was created ({why})")
            return
        remote = backend_named(row["backend"]).retrieve(adopt)
        confirm(hold, remote, f"{person}: {why}")
    except Missing as e:
        remedy = "Copy the job's id from the provider's own list."
        raise InputError(f"the provider does not show that job: {e.message}", remedy=remedy) from None
    except BackendError as e:
        remedy = "Nothing was changed: try again."
        raise UnavailableError(f"the provider could not be asked for that job ({e.message})", remedy=remedy) from None
    except IntegrityError:
        raise InputError("that job belongs to another launch") from None
    finally:
        ledger.give_back(hold)


def told_why(why: str) -> str:
    """A person's reason, which is a sentence. InputError where it is none."""
    if len(why.strip()) < 10:
        raise InputError("say in a sentence how you know", remedy='--why "looked in the provider\'s list of jobs"')
    return " ".join(why.split())[:500]


def _look(row: RowMapping, hold: Hold, taken: frozenset[str]) -> State | None:
    step = row["check_step"]
    try:
        backend = backend_named(row["backend"])
        if backend.account() != row["account"]:
            raise RefusedError(f"the settings name another account at {backend.name} than the one it was sent to")
        found = [j for j in backend.find(_search(row)) if j.id not in taken]
    except (BackendError, AdvisorError) as e:
        # Not being able to look proves nothing: the step is not counted.
        words = e.message if isinstance(e, BackendError) else str(e)
        _reschedule(
            hold,
            step,
            f"the provider could not be asked ({words}), which says nothing; asking again",
            RETRY_AFTER_ERROR_S,
        )
        return "UNKNOWN"
    if found:
        confirm(hold, found[0], "found", tuple(j.id for j in found[1:]))
        return "CONFIRMED"
    if backend.idempotent:
        words = "this launch made no job; launch it again if you still want to"
        ledger.move(hold, "NOT_CREATED", {"why": words}, message=words)
        return "NOT_CREATED"
    if ledger.next_check(step + 1, row["sent_at"]) is None:
        words = (
            "the provider's answer was lost and no such job has appeared since. Look in the provider's own list, then "
            f"say what you found: finetune-advisor jobs resolve {hold.job_id} {RESOLVE}"
        )
        ledger.move(hold, "NEEDS_HUMAN", {"looked": step + 1}, message=words, next_check_at=None)
        return "NEEDS_HUMAN"
    until = row["sent_at"] + timedelta(seconds=threshold(f"jobs.reconcile_{WINDOW_STEPS}_s"))
    words = f"no such job so far; it is looked for until {until:%H:%M} UTC, and nothing is sent meanwhile"
    _reschedule(hold, step + 1, words, None, row)
    return "UNKNOWN"


def _by_key(row: RowMapping) -> Search:
    """Only what bears the launch key itself: nothing was sent that could be known by its file and time."""
    model = get_plan(row["plan_id"], row["owner"]).envelope.base_model
    return Search(row["launch_key"], model, None, row["created_at"], row["created_at"])


def _search(row: RowMapping) -> Search:
    plan = get_plan(row["plan_id"], row["owner"])
    skew = timedelta(seconds=threshold("jobs.clock_skew_s"))
    window = timedelta(seconds=threshold("jobs.create_timeout_s") + threshold(f"jobs.reconcile_{WINDOW_STEPS}_s"))
    return Search(
        launch_key=row["launch_key"],
        model=plan.envelope.base_model,
        training_file=row["document"].get("training_file"),
        sent_from=row["sent_at"] - skew,
        sent_until=row["sent_at"] + window + skew,
    )


def _reschedule(hold: Hold, step: int, message: str, in_s: float | None, row: RowMapping | None = None) -> None:
    now = clock.now()
    at = now + timedelta(seconds=in_s) if in_s is not None else None
    if at is None and row is not None:
        at = ledger.next_check(step, row["sent_at"]) or now
    with database.write() as connection:
        Owned(connection, jobs, hold.owner).update(
            jobs.c.id == hold.job_id,
            jobs.c.fence == hold.fence,
            check_step=step,
            next_check_at=max(at or now, now),
            message=message,
            updated_at=now,
        )


def _ids_of_others(connection: Any, row: RowMapping) -> frozenset[str]:
    others = of_everyone(connection, jobs, jobs.c.backend == row["backend"], jobs.c.provider_job_id.is_not(None))
    return frozenset(o["provider_job_id"] for o in others if o["id"] != row["id"])


def _row(connection: Any, job_id: str) -> RowMapping | None:
    return next(iter(of_everyone(connection, jobs, jobs.c.id == job_id)), None)


def _end_lease(connection: Any, hold: Hold) -> None:
    Owned(connection, jobs, hold.owner).update(
        jobs.c.id == hold.job_id, jobs.c.fence == hold.fence, lease_holder=None, lease_until=None
    )
