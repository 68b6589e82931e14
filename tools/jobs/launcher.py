"""Launching: what a person approved, exactly, once.

At most one paid request per approval; never a second without proof that the first does not exist. It is at most once
with reconciliation, not "exactly once". Every step is on disk before the next (ledger.py); the request itself goes out
once and is never repeated by the client; an unanswered one is looked for (reconcile.py), not sent again.
"""

from decimal import Decimal

from sqlalchemy import Connection, RowMapping

from knowledge.thresholds import threshold
from tools.errors import RefusedError
from tools.jobs import approval as approvals_of
from tools.jobs import checks, datafiles, hyperparameters, ledger, limits, pricing, reconcile, uploads, view
from tools.jobs.backends.base import Backend, CreateRequest, NotSent, Refused, Unanswered, Unreachable
from tools.jobs.backends.registry import backend as backend_named
from tools.jobs.ledger import Hold
from tools.jobs.models import Job, Plan
from tools.jobs.plan import checked, get_plan
from tools.progress import Progress, silent
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import approvals, jobs, plans


def reached(_step: str) -> None:
    """Called at every step of a launch; the tests stop the process here."""


def launch(
    plan_id: str,
    *,
    person: str,
    owner: str = "local",
    retry: bool = False,
    wait_s: float = 15.0,
    progress: Progress = silent,
) -> Job:
    """Launch an approved plan. Called again, from anywhere, it gives the job that the first call made.

    Args:
        plan_id: which plan.
        person: who launches: the person who approved.
        owner: whose plan it is.
        retry: after a clear refusal by the provider, ask once more (a new attempt under the same approval).
        wait_s: how long to look for the job at once when the provider's answer was lost.
        progress: told the steps.

    Returns:
        The job; `state` says how it ended, and UNKNOWN that nobody knows yet: then the monitor goes on looking.

    Raises:
        RefusedError: no approval, or something is not as it was approved. Nothing was sent.
        UnavailableError: the ledger cannot be written or is damaged. Nothing was sent.
    """
    person = " ".join(person.split())
    plan = get_plan(plan_id, owner)
    existing = _existing(plan)
    if existing is not None and not _may_go_on(existing, retry):
        return _settled(plan, wait_s)
    limits.refuse_if_stopped()
    progress(0, 4, "checking that all is as approved")
    backend = backend_named(plan.envelope.backend)
    _check_live(plan, backend)
    reached("checked")
    hold = _reserve(plan, person, retry)
    if hold is None:
        return _settled(plan, wait_s)
    try:
        _run(plan, backend, hold, progress)
    except ledger.Stale:
        return _settled(plan, wait_s)
    finally:
        ledger.give_back(hold)
    progress(4, 4, "launched")
    return _settled(plan, wait_s)


def _run(plan: Plan, backend: Backend, hold: Hold, progress: Progress) -> None:
    """From RESERVED to the outcome of the one request."""
    reached("reserved")
    try:
        progress(1, 4, "sending the data")
        training = uploads.ensure(backend, plan.owner, plan.envelope.training)
        reached("uploaded")
        validation = uploads.ensure(backend, plan.owner, plan.envelope.validation) if plan.envelope.validation else None
    except (Refused, NotSent, Unanswered, Unreachable) as e:
        _not_made(hold, f"the data could not be sent: {e.message}", refused=isinstance(e, Refused), code=e.code)
        return
    except Exception as e:
        _not_made(hold, f"the data could not be sent ({type(e).__name__})", refused=False)
        raise
    attempt = _attempt(hold)
    if reconcile.adopt_earlier(backend, hold):
        return  # an attempt thought not made, or the store this one is a copy of, has made a job
    request = CreateRequest(hold.launch_key, attempt, plan.envelope, training, validation)
    files = {"training_file": training, "validation_file": validation}
    ledger.move(hold, "INTENT", {"attempt": attempt, **files}, document=files)
    reached("intent")
    progress(2, 4, "sending the job, once")
    ledger.move(hold, "SENDING", {"attempt": attempt}, sent_at=clock.now())
    reached("sending")
    try:
        job = backend.create(request)
    except Refused as e:
        reached("answered")
        _not_made(hold, _refusal(e), refused=True, code=e.code)
    except NotSent as e:
        _not_made(hold, e.message, refused=False)
    except Unanswered as e:
        _unknown(hold, e.message)
    except BaseException as e:
        _unknown(hold, f"the launch was interrupted ({type(e).__name__})")
        raise
    else:
        reached("answered")
        progress(3, 4, "confirmed")
        reconcile.confirm(hold, job, "answered")
    reached("done")


def _existing(plan: Plan) -> RowMapping | None:
    with database.read() as connection:
        return Owned(connection, jobs, plan.owner).first(jobs.c.launch_key == plan.plan_digest)


def _may_go_on(row: RowMapping, retry: bool) -> bool:
    """NOT_CREATED is proof that nothing was made; a refusal needs the person's word that asking again makes sense."""
    if row["state"] in ("RESERVED", "INTENT", "SENDING"):
        return not ledger.held_by_another(row) and reconcile.recover(row["id"]) == "NOT_CREATED"
    return row["state"] == "NOT_CREATED" or (row["state"] == "REFUSED" and retry)


def _check_live(plan: Plan, backend: Backend) -> None:
    """Everything that was approved, read again from where it comes from.

    Raises:
        RefusedError: something differs.
    """
    envelope = plan.envelope
    if backend.account() != envelope.account:
        raise _changed(f"the account at {backend.name} is not the one that was approved")
    for file in (envelope.training, envelope.validation):
        if file is not None:
            datafiles.content(file)
    if {p.name: p.value for p in plan.hyperparameters} != envelope.hyperparameters:
        raise _changed("the hyperparameters are not those that were approved")
    today = clock.now().date()
    cost = pricing.price(
        backend=envelope.backend,
        base_model=envelope.base_model,
        technique=envelope.technique,
        tier=envelope.tier,
        tokens=envelope.training.tokens,
        validation_tokens=envelope.validation.tokens if envelope.validation else None,
        n_epochs=hyperparameters.worst_epochs(plan.hyperparameters),
        hours=hyperparameters.hours(plan.hyperparameters),
        dataset=datafiles.kept_at(envelope.training),
        validation=datafiles.kept_at(envelope.validation) if envelope.validation else None,
    )
    if cost.table != envelope.price_table or cost.worst_case_usd != envelope.worst_case_usd:
        raise _changed("the price is not the one that was approved")
    if backend.paid:
        try:
            retires_on = backend.retires_on(envelope.base_model)
        except Refused as e:
            raise _changed(e.message) from None
        except Unreachable:
            retires_on = None  # the create itself will say; nothing is bought by asking
        retired = checks.lifetime_blockers(backend.name, retires_on, cost.training_ends, None, today)
        if retired:
            raise _changed(retired[0].message)
        if retires_on is not None and (plan.retires_on is None or retires_on < plan.retires_on):
            raise _changed(f"the base is now announced to be shut down on {retires_on}")


def _changed(what: str) -> RefusedError:
    return RefusedError(what, remedy="Nothing was sent. Propose the plan again and approve what it says now.")


def _reserve(plan: Plan, person: str, retry: bool) -> Hold | None:
    """The approval used and the cost reserved, in one transaction; None when another call was first."""
    key = plan.plan_digest
    with database.write() as connection:
        chain.verify(connection)
        row = Owned(connection, plans, plan.owner).get(plan.id, "plan")
        if checked(row["document"], row["digest"]) != plan:
            raise _changed("the stored plan was changed")
        mine = Owned(connection, jobs, plan.owner)
        existing = mine.first(jobs.c.launch_key == key)
        if existing is not None and not _again(existing, retry):
            return None
        yes = approvals_of.usable(connection, plan, person, key)
        limits.reserve(connection, digest=key, person=person, amount_usd=yes.ceiling_usd)
        Owned(connection, approvals, plan.owner).update(approvals.c.id == yes.id, used_by=key)
        body = {"approval": yes.id, "person": person, "usd": str(yes.ceiling_usd), "plan": plan.id}
        if existing is None:
            _insert(connection, plan, yes.id, person, yes.ceiling_usd)
            chain.append(connection, plan.owner, key, "RESERVED", {**body, "attempt": 1})
            return Hold(ledger.job_id(key), plan.owner, key, 1)
        attempt = existing["attempt"] + 1
        sent = sum(e.kind == "SENDING" for e in chain.entries(connection, key))
        if sent >= threshold("jobs.attempts_per_approval"):
            anew = "Mend what the last answer names, then plan it anew: finetune-advisor jobs plan FILE --repeat 1"
            raise RefusedError(f"this plan was sent {sent} times", remedy=anew)
        hold = ledger.take(connection, existing)
        ledger.move_in(
            connection,
            hold,
            "RESERVED",
            {**body, "attempt": attempt},
            attempt=attempt,
            approval_id=yes.id,
            person=person,
            reserved_usd=yes.ceiling_usd,
            message="",
        )
        return hold


def _again(row: RowMapping, retry: bool) -> bool:
    return row["state"] == "NOT_CREATED" or (row["state"] == "REFUSED" and retry)


def _insert(connection: Connection, plan: Plan, approval_id: str, person: str, usd: Decimal) -> None:
    now = clock.now()
    Owned(connection, jobs, plan.owner).insert(
        id=ledger.job_id(plan.plan_digest),
        launch_key=plan.plan_digest,
        plan_id=plan.id,
        plan_digest=plan.plan_digest,
        approval_id=approval_id,
        person=person,
        backend=plan.envelope.backend,
        account=plan.envelope.account,
        state="RESERVED",
        attempt=1,
        reserved_usd=usd,
        status="launching",
        message="",
        created_at=now,
        updated_at=now,
        check_step=0,
        missing=0,
        cancel_requested=0,
        fence=1,
        document={},
        **ledger.lease(),
    )


def _attempt(hold: Hold) -> int:
    with database.read() as connection:
        return int(Owned(connection, jobs, hold.owner).get(hold.job_id, "job")["attempt"])


def _not_made(hold: Hold, message: str, *, refused: bool, code: str = "") -> None:
    ledger.move(hold, "REFUSED" if refused else "NOT_CREATED", {"why": message, "code": code}, message=message)


def _refusal(e: Refused) -> str:
    wait = f" It may be tried again in {e.retry_after_s:.0f} s." if e.retry_after_s else ""
    code = f" ({e.code})" if e.code else ""
    return f"The provider refused: {e.message.rstrip('.')}{code}. Nothing was bought.{wait}"


def _unknown(hold: Hold, message: str) -> None:
    words = f"{message}; whether a job exists is being looked up, and nothing is sent again meanwhile"
    ledger.move(
        hold, "UNKNOWN", {"why": message}, message=words, check_step=0, next_check_at=ledger.next_check(0, clock.now())
    )
    reached("unknown")


def _settled(plan: Plan, wait_s: float) -> Job:
    """The job as it stands, after looking for it while a person waits."""
    job_id = ledger.job_id(plan.plan_digest)
    reconcile.while_waiting(job_id, wait_s)
    return view.get(job_id, plan.owner)
