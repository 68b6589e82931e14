"""One visit to a provider: status, events, checkpoints and results of one job, stored as they are found."""

import logging
import random
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping

from knowledge.thresholds import threshold
from tools import workspace
from tools.errors import AdvisorError, RefusedError, UnavailableError
from tools.jobs import eta, happened, lost, statuses, stop_rules, view
from tools.jobs.backends.base import Backend, BackendError, Missing, Refused, RemoteEvent, RemoteJob
from tools.jobs.backends.registry import backend as backend_named
from tools.jobs.models import GONE, TERMINAL, JobEvent, Plan
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import approvals, job_events, jobs

MOST_NEW_EVENTS = 20_000
AGAIN = "It is asked again by itself, and the job goes on there"
UNSETTLED = jobs.c.status.not_in((*TERMINAL, GONE))
"""While a provider was asked, another process may have stored the end, or a person have said that it is gone."""


def backoff_s(errors: int, base_s: float) -> float:
    """A pause that doubles with each error in a row, with jitter so that many do not ask at the same moment."""
    slowest = threshold("jobs.poll_slowest_s")
    return min(slowest, base_s * 2.0 ** min(errors, 10)) * random.uniform(0.8, 1.2)  # noqa: S311 -- not a secret


def refresh(job_id: str, owner: str) -> None:
    """Ask the provider about a confirmed job and store what it says. Trouble in asking is stored, not raised."""
    with database.read() as connection:
        row = Owned(connection, jobs, owner).get(job_id, "job")
        known = happened.so_far(connection, owner, job_id)
    try:
        backend = backend_named(row["backend"])
        _same_account(backend, row)
        if row["cancel_requested"] and row["status"] not in TERMINAL:
            _send_cancel(backend, row)
        remote = backend.retrieve(row["provider_job_id"])
        asked = _asked(backend, row, remote, known)
    except Missing as e:
        _missing(row, e)
    except BackendError as e:
        _trouble(row, e.message, e.retry_after_s)
    except AdvisorError as e:
        _trouble(row, str(e), None)
    else:
        _store(row, remote, known, *asked)


Asked = tuple[list[RemoteEvent], list[dict[str, Any]] | None, str | None]
"""New events, checkpoints and where the results are kept; None: not there yet."""


def _asked(backend: Backend, row: RowMapping, remote: RemoteJob, known: tuple[JobEvent, ...]) -> Asked:
    new = _new_events(backend, row, {e.id for e in known})
    return new, _checkpoints(backend, row, remote), _results(backend, row, remote)


def wish_now(row: RowMapping, wish: Literal["pause", "resume"]) -> None:
    """Ask for a pause, or to go on.

    Raises:
        RefusedError: the provider says no, or has no pause.
        UnavailableError: it cannot be asked now; nothing is kept, ask again.
    """
    try:
        backend = backend_named(row["backend"])
        _same_account(backend, row)
        getattr(backend, wish)(row["provider_job_id"])
    except Missing as e:
        raise _not_found(e, row) from None
    except Refused as e:
        raise RefusedError(e.message, remedy=f"See: finetune-advisor jobs show {row['id']}") from None
    except BackendError as e:
        raise UnavailableError(f"the provider could not be asked ({e.message})", remedy="Ask again.") from None
    refresh(row["id"], row["owner"])


def cancel_now(row: RowMapping) -> None:
    """Send the wish to cancel.

    Raises:
        RefusedError: the provider says no.
        UnavailableError: it cannot be asked now.
    """
    with database.read() as connection:
        known = happened.so_far(connection, row["owner"], row["id"])
    try:
        backend = backend_named(row["backend"])
        _same_account(backend, row)
        remote = _send_cancel(backend, row)
    except Missing as e:
        raise _not_found(e, row) from None
    except BackendError as e:
        raise UnavailableError(
            f"the provider could not be asked to cancel ({e.message})",
            remedy="It is asked again while jobs are watched.",
        ) from None
    if remote is None:
        return
    # An end is visited once: what the job leaves is asked for before it is stored. In trouble the next visit does both.
    with suppress(BackendError, AdvisorError):
        _store(row, remote, known, *_asked(backend, row, remote, known))


def _not_found(error: Missing, row: RowMapping) -> RefusedError:
    there = f"Look for {row['provider_job_id']} on the provider's own page; gone there, it costs nothing more."
    return RefusedError(f"the provider does not find the job: {error.message}", remedy=there)


def _send_cancel(backend: Backend, row: RowMapping) -> RemoteJob | None:
    try:
        return backend.cancel(row["provider_job_id"])
    except Refused as e:
        # Another process that watches it may have been first: then it is as was wished.
        with suppress(BackendError):
            remote = backend.retrieve(row["provider_job_id"])
            if statuses.unified(remote.status) == "cancelled":
                return remote
        with database.write() as connection:
            words = f"It could not be cancelled: {e.message}"
            document = {**row["document"], "notice": words}
            Owned(connection, jobs, row["owner"]).update(
                jobs.c.id == row["id"], cancel_requested=0, message=words, document=document
            )
        return None


def _same_account(backend: Backend, row: RowMapping) -> None:
    if backend.account() != row["account"]:
        raise RefusedError(f"the settings name another account at {backend.name} than the one this job belongs to")


def _new_events(backend: Backend, row: RowMapping, known: set[str]) -> list[RemoteEvent]:
    """What is not stored yet, oldest first: back from the newest to the first known where they come in order."""
    new: list[RemoteEvent] = []
    for event in backend.events(row["provider_job_id"]):
        if len(new) >= MOST_NEW_EVENTS or (event.id in known and backend.events_ordered):
            break
        if event.id not in known:
            new.append(event)
    return new[::-1]


def _checkpoints(backend: Backend, row: RowMapping, remote: RemoteJob) -> list[dict[str, Any]] | None:
    if statuses.unified(remote.status) not in TERMINAL:
        return None
    return backend.checkpoints(row["provider_job_id"])


def _results(backend: Backend, row: RowMapping, remote: RemoteJob) -> str | None:
    """Keep the results file beside the records: providers delete theirs."""
    if statuses.unified(remote.status) not in TERMINAL or row["document"].get("result_file"):
        return None
    content = backend.results(remote)
    if content is None:
        return None
    path = workspace.folder("jobs", row["id"]) / "results.csv"
    temporary = path.with_suffix(".new")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as e:
        raise UnavailableError(f"the results cannot be kept ({e.strerror})", where=str(path)) from e
    return str(path.relative_to(workspace.home()))


def _store(
    row: RowMapping,
    remote: RemoteJob,
    known: tuple[JobEvent, ...],
    new: list[RemoteEvent],
    checkpoints: list[dict[str, Any]] | None,
    results: str | None,
) -> None:
    status = statuses.unified(remote.status)
    with database.write() as connection:
        mine = Owned(connection, jobs, row["owner"])
        now_stored = mine.get(row["id"], "job")
        last = known[-1].seq if known else 0
        _store_events(connection, row, new, last)
        document = {**now_stored["document"], "errors": 0, "heard_at": clock.now().isoformat(timespec="minutes")}
        if remote.error:
            document["error"] = remote.error
        if checkpoints is not None:
            document["checkpoints"] = checkpoints
        if results is not None:
            document["result_file"] = results
        told = (*known, *happened.after(connection, row["owner"], row["id"], last))
        status = statuses.with_events(status, (e.message for e in told if e.type != "metrics"))
        document["progress"] = eta.progress(remote, told, now_stored, clock.now())
        values: dict[str, Any] = {"document": document, "missing": 0, "updated_at": clock.now()}
        values["message"] = document.get("notice", "")
        if now_stored["status"] == GONE:
            values |= lost.found_again(connection, now_stored, document)
        if now_stored["status"] not in TERMINAL:
            values |= _status_values(remote, status, now_stored)
            if status in TERMINAL:
                body = {"status": status, "provider_status": remote.status, "trained_tokens": remote.trained_tokens}
                chain.append(connection, row["owner"], row["launch_key"], "FINISHED", body)
                _reconcile(row["id"], view.plan_of(connection, now_stored), status, remote)
            elif not now_stored["cancel_requested"]:
                values |= _stop(connection, now_stored, {**now_stored, **values}, told)
        if remote.trained_tokens is not None:
            values["trained_tokens"] = remote.trained_tokens
        if remote.fine_tuned_model:
            values["fine_tuned_model"] = remote.fine_tuned_model
        mine.update(jobs.c.id == row["id"], **values)


def _reconcile(job_id: str, plan: Plan, status: str, remote: RemoteJob) -> None:
    """Estimated beside billed. Before the commit, and kept once: a crash in between says it again, never not at all."""
    from tools.cost import reconciliation

    said, rows = plan.envelope, plan.envelope.training.rows
    epochs, paid = said.hyperparameters.get("n_epochs"), said.worst_case_usd != 0
    try:
        reconciliation.ended(
            job_id=job_id,
            provider=said.backend,
            model=said.base_model,
            technique=said.technique,
            status=status,
            forecast_tokens=reconciliation.forecast(said.training.tokens, rows, epochs),
            trained_tokens=remote.trained_tokens if paid else None,  # unpaid, they are those that carried loss
            estimated_usd=plan.expected_usd,
            high_usd=said.worst_case_usd,
            by_tokens=said.technique != "rft",
            on=clock.now().date(),
        )
    except OSError as e:  # the job's own record counts more
        logging.getLogger(__name__).warning("estimate and bill of %s were not kept (%s)", job_id, e.strerror)


def _stop(connection: Connection, row: RowMapping, after: dict[str, Any], told: tuple[JobEvent, ...]) -> dict[str, Any]:
    """What the approved stop rules ask for."""
    plan = view.plan_of(connection, row)
    ceiling = Owned(connection, approvals, row["owner"]).get(row["approval_id"], "approval")["ceiling_usd"]
    job = view.job_of(after, plan)
    said = stop_rules.apply(plan.envelope.stop_rules, job, told, ceiling)
    if said is None:
        return {}
    document = {**after["document"], "notice": said.message}
    if said.cancel:
        chain.append(connection, row["owner"], row["launch_key"], "CANCEL_ASKED", {"rule": said.code})
    return {
        "document": document,
        "message": said.message,
        "cancel_requested": int(said.cancel),
        "next_check_at": clock.now() if said.cancel else row["next_check_at"],
    }


def _status_values(remote: RemoteJob, status: str, stored: RowMapping) -> dict[str, Any]:
    values: dict[str, Any] = {"status": status, "provider_status": remote.status}
    if status == "running" and stored["started_at"] is None:
        values["started_at"] = clock.now()
    if status in TERMINAL:
        values["finished_at"] = remote.finished_at or clock.now()
        values["started_at"] = stored["started_at"]
        if remote.error:
            values["message"] = str(remote.error.get("message") or remote.error.get("code"))
    return values


def _store_events(connection: Connection, row: RowMapping, new: list[RemoteEvent], after: int) -> None:
    """Those that no other process has stored since number `after` was read."""
    stored = {e.id for e in happened.after(connection, row["owner"], row["id"], after)} if new else set()
    fresh = {event.id: event for event in new if event.id not in stored}
    Owned(connection, job_events, row["owner"]).insert_all(
        [
            {
                "job_id": row["id"],
                "provider_event_id": event.id,
                "at": event.at,
                "level": event.level,
                "type": event.type,
                "message": event.message,
                "data": _storable(event.data),
            }
            for event in fresh.values()
        ]
    )


def _storable(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """NaN has no place in JSON; a loss that is one is kept as the word, for it means divergence."""
    if data is None:
        return None
    return {k: str(v) if isinstance(v, float) and (v != v or abs(v) == float("inf")) else v for k, v in data.items()}


def _last(document: dict[str, Any]) -> str:
    heard = document.get("heard_at")
    return f"; it stands as at {datetime.fromisoformat(heard):%Y-%m-%d %H:%M} UTC" if heard else ""


def _missing(row: RowMapping, error: Missing) -> None:
    """A 404 can be a slow replica; several in a row are lost contact, which is not failure."""
    if row["status"] == GONE:
        return _later(row, threshold("jobs.poll_slowest_s"))
    count, enough = row["missing"] + 1, int(threshold("jobs.missing_polls"))
    words = f"the provider does not find the job ({min(count, enough)} of {enough} times): {error.message}"
    values: dict[str, Any] = {"missing": count, "message": words, "updated_at": clock.now()}
    pause = threshold("jobs.poll_s")
    if count >= enough:
        words = "the provider no longer finds this job; it may have been deleted there. It is asked again now and then."
        values |= {"status": "lost_contact", "message": words}
        pause = threshold("jobs.poll_slowest_s")
    values["next_check_at"] = clock.now() + timedelta(seconds=pause)
    with database.write() as connection:
        Owned(connection, jobs, row["owner"]).update(jobs.c.id == row["id"], UNSETTLED, **values)


def _trouble(row: RowMapping, words: str, retry_after_s: float | None) -> None:
    document = dict(row["document"])
    errors = document["errors"] = int(document.get("errors") or 0) + 1
    pause = max(retry_after_s or 0, backoff_s(errors, threshold("jobs.poll_s")))
    if row["status"] == GONE:
        return _later(row, pause)
    with database.write() as connection:
        Owned(connection, jobs, row["owner"]).update(
            jobs.c.id == row["id"],
            UNSETTLED,
            document=document,
            message=f"the provider could not be asked: {words.rstrip('.')}. {AGAIN}{_last(document)}",
            next_check_at=clock.now() + timedelta(seconds=pause),
        )


def _later(row: RowMapping, pause_s: float) -> None:
    """What a person said of a lost job stands until the provider shows it again."""
    with database.write() as connection:
        Owned(connection, jobs, row["owner"]).update(
            jobs.c.id == row["id"], next_check_at=clock.now() + timedelta(seconds=pause_s)
        )
