"""Following jobs: driven by the ledger alone, so that a restart picks up everything that is not finished.

Each visit to a provider is claimed in the database first: the chat and a watching command line share the work instead
of doubling it. Finished states are final: a late "running" never overwrites "succeeded".
"""

import random
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping

from knowledge.thresholds import threshold
from tools.errors import AdvisorError, RefusedError
from tools.jobs import ledger, limits, reconcile, refresh, view
from tools.jobs.deployment import record
from tools.jobs.models import TERMINAL, Job, JobEvent
from tools.jobs.notices import tell
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import jobs

REQUESTS_A_VISIT = 3
"""Status, events, and checkpoints or results."""

OF_A_VISIT = frozenset({"polled_at", "next_check_at", "lease_holder", "lease_until", "fence"})
"""Columns that a visit moves without anything being new."""

_cost_s: dict[str, float] = {}
"""What the last visit to a job took of this process's processor time."""


class Update(BaseModel):
    """What is new about a job since the last one."""

    model_config = ConfigDict(frozen=True)

    job: Job
    events: tuple[JobEvent, ...]


class Monitor:
    """Visits every unfinished job of this installation, in a thread of its own."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._errors = 0
        self._looked_back: float | None = None
        self.problem = ""
        """Why the last pass failed; empty when it did not."""

    def start(self) -> None:
        """Begin; again does nothing."""
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="job-monitor", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 10) -> None:
        """End after the visit in progress."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def tick(self) -> int:
        """One pass over all that is due; how many jobs were visited."""
        self._look_back()
        with database.read() as connection:
            rows = ledger.unfinished(connection)
        random.shuffle(rows)  # fair when there are more than a pass allows
        visited = 0
        pause = REQUESTS_A_VISIT / threshold("jobs.requests_per_second")
        for row in rows:
            if self._stop.is_set():
                break
            if visit(row):
                visited += 1
                if row["backend"] != "local":
                    self._stop.wait(pause)
        return visited

    def _look_back(self) -> None:
        """At the start and then each minute: ends that nobody told, and deployments that cost money while idle."""
        now = time.monotonic()
        if self._looked_back is None or now - self._looked_back >= threshold("jobs.look_back_s"):
            self._looked_back = now
            tell.catch_up()
            record.remind()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.tick()
                self._errors, self.problem = 0, ""
            except AdvisorError as e:
                self._errors, self.problem = self._errors + 1, str(e)
            except Exception as e:
                self._errors, self.problem = self._errors + 1, type(e).__name__
            self._stop.wait(refresh.backoff_s(self._errors, threshold("jobs.poll_local_s")))


def visit(row: RowMapping) -> bool:
    """Bring one launch up to date and tell what it has passed; whether its provider was asked."""
    began = time.thread_time()
    asked = _visit(row)
    if asked:
        tell.look(row["id"], row["owner"])
        _cost_s[row["id"]] = time.thread_time() - began
    return asked


def _visit(row: RowMapping) -> bool:
    if row["state"] in reconcile.IN_FLIGHT:
        reconcile.recover(row["id"])
        return False
    if row["state"] == "UNKNOWN":
        return reconcile.check(row["id"]) is not None
    if row["state"] != "CONFIRMED" or row["status"] in TERMINAL or not _claim(row):
        return False
    refresh.refresh(row["id"], row["owner"])
    return True


def visit_once(job_id: str, owner: str = "local") -> None:
    """Bring one job up to date if its turn has come, before it is shown."""
    with database.read() as connection:
        row = Owned(connection, jobs, owner).get(job_id, "job")
    visit(row)


def watch(job_id: str, owner: str = "local", *, after: int = 0, poll_s: float | None = None) -> Iterator[Update]:
    """Yield what is new until nothing more will happen by itself. Visits the provider itself when nobody else does."""
    seen, last, stored = after, "", None
    while True:
        row = _row(job_id, owner)
        if visit(row):
            row = _row(job_id, owner)
        before, stored = stored, {k: v for k, v in row.items() if k not in OF_A_VISIT}
        if stored != before:
            job = view.get(job_id, owner)
            new = tuple(view.events(job_id, seen, owner))
            seen = new[-1].seq if new else seen
            now = job.model_dump_json(exclude={"updated_at"})
            if new or now != last:
                yield Update(job=job, events=new)
            last = now
            if job.finished:
                return
        time.sleep(poll_s if poll_s is not None else _until_due_s(row))


def _until_due_s(row: RowMapping) -> float:
    """Nothing is new before the next visit, whoever makes it."""
    shortest, longest = threshold("jobs.poll_local_s") / 2, threshold("jobs.poll_s")
    due = row["next_check_at"]
    return shortest if due is None else min(max((due - clock.now()).total_seconds(), shortest), max(shortest, longest))


def _row(job_id: str, owner: str) -> RowMapping:
    with database.read() as connection:
        return Owned(connection, jobs, owner).get(job_id, "job")


def cancel(job_id: str, owner: str = "local", *, person: str = "") -> Job:
    """Ask for the end of a job. What is not confirmed yet is cancelled as soon as it is found.

    Raises:
        RefusedError: it has ended already, or the provider says no.
        UnavailableError: the provider cannot be asked now; the wish is kept and tried again.
    """
    with database.write() as connection:
        mine = Owned(connection, jobs, owner)
        row = mine.get(job_id, "job")
        if row["status"] in TERMINAL or row["state"] in ("REFUSED", "NOT_CREATED"):
            remedy = f"See: finetune-advisor jobs show {job_id}"
            raise RefusedError(f"the job has ended already ({row['status']})", remedy=remedy)
        mine.update(jobs.c.id == job_id, cancel_requested=1, updated_at=clock.now())
        chain.append(connection, owner, row["launch_key"], "CANCEL_ASKED", {"person": person})
    if row["state"] == "CONFIRMED":
        refresh.cancel_now(row)
    return view.get(job_id, owner)


def pause(job_id: str, owner: str = "local", *, person: str = "") -> Job:
    """Ask a running job to wait where its provider can.

    Raises:
        RefusedError: it is not running, or the provider says no or has no pause.
        UnavailableError: the provider cannot be asked now.
    """
    return _wish(job_id, owner, person, "pause")


def resume(job_id: str, owner: str = "local", *, person: str = "") -> Job:
    """Ask a paused job to go on: it costs money again, within the plan that was approved.

    Raises:
        RefusedError: it has ended, launches are stopped, or the provider says no.
        UnavailableError: the provider cannot be asked now.
    """
    limits.refuse_if_stopped()
    return _wish(job_id, owner, person, "resume")


def _wish(job_id: str, owner: str, person: str, wish: Literal["pause", "resume"]) -> Job:
    with database.write() as connection:
        row = Owned(connection, jobs, owner).get(job_id, "job")
        if row["state"] != "CONFIRMED" or row["status"] in TERMINAL:
            remedy = f"See: finetune-advisor jobs show {job_id}"
            raise RefusedError(
                f"only a job that runs at its provider can be {wish}d; this one is {row['status']}", remedy=remedy
            )
        chain.append(connection, owner, row["launch_key"], f"{wish.upper()}_ASKED", {"person": person})
    refresh.wish_now(row, wish)
    return view.get(job_id, owner)


def _claim(row: RowMapping) -> bool:
    """Whether this process may visit now: one visit an interval, whoever makes it."""
    now = clock.now()
    if row["next_check_at"] is not None and row["next_check_at"] > now:
        return False
    with database.write() as connection:
        due = jobs.c.next_check_at.is_(None) | (jobs.c.next_check_at <= now)
        return bool(
            Owned(connection, jobs, row["owner"]).update(
                jobs.c.id == row["id"], due, polled_at=now, next_check_at=now + timedelta(seconds=_pause_s(row))
            )
        )


def _pause_s(row: RowMapping) -> float:
    """Between two visits. On this computer training needs the processor: the dearer a visit was, the rarer they are."""
    usual = threshold("jobs.poll_s")
    if row["backend"] != "local":
        return usual
    return max(threshold("jobs.poll_local_s"), min(usual, _cost_s.get(row["id"], 0) / threshold("jobs.watch_share")))
