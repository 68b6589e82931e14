"""Deployments as people record them, and the reminder that one is paid by the hour whether it is used or not.

Nobody looks at the provider: what is recorded here is what a person said. It stands in the ledger.
"""

from decimal import Decimal

from sqlalchemy import Connection, select

from knowledge.thresholds import threshold
from tools.errors import InputError, RefusedError
from tools.jobs import view
from tools.jobs.deployment.ways import guidance
from tools.jobs.models import Deployment, Job
from tools.records import chain, clock, database
from tools.records.owned import Owned, of_everyone
from tools.records.tables import jobs, ledger

MADE, GONE = "DEPLOYED", "DEPLOYMENT_GONE"


def made(job_id: str, name: str, *, person: str, owner: str = "local") -> Deployment:
    """Record that the tuned model of a job was deployed.

    Raises:
        RefusedError: there is no tuned model, or a deployment is recorded already.
        InputError: the name is empty.
    """
    name = " ".join(name.split())[:100]
    if not name:
        raise InputError("the deployment needs a name")
    job = view.get(job_id, owner)
    with database.read() as connection:
        plan = view.plan_of(connection, Owned(connection, jobs, owner).get(job.id, "job"))
    told = guidance(job, plan)
    new = Deployment(
        name=name,
        since=clock.now(),
        person=person,
        usd_per_hour=told.usd_per_hour,
        price_source=told.price_source,
        price_checked_on=told.price_checked_on,
    )
    with database.write() as connection:
        if current(connection, job.launch_key) is not None:
            raise RefusedError("a deployment of it is recorded already", remedy=f"First: jobs deploy {job.id} --gone")
        chain.append(connection, owner, job.launch_key, MADE, new.model_dump(mode="json"))
    return new


def gone(job_id: str, *, person: str, owner: str = "local") -> None:
    """Record that the deployment was deleted. RefusedError when none is recorded."""
    job = view.get(job_id, owner)
    with database.write() as connection:
        if current(connection, job.launch_key) is None:
            raise RefusedError("no deployment of it is recorded")
        chain.append(connection, owner, job.launch_key, GONE, {"person": person})


def current(connection: Connection, launch_key: str) -> Deployment | None:
    """The deployment that is recorded now."""
    found = [e for e in chain.entries(connection, launch_key) if e.kind in (MADE, GONE)]
    if not found or found[-1].kind == GONE:
        return None
    return Deployment.model_validate(found[-1].body)


def remind() -> int:
    """Name every deployment that is paid by the hour, once a day; how many were named now."""
    from tools.jobs.notices.milestones import Milestone
    from tools.jobs.notices.tell import tell

    with database.read() as connection:
        keys = set(connection.execute(select(ledger.c.subject).where(ledger.c.kind == MADE)).scalars())
        rows = [r for r in of_everyone(connection, jobs, jobs.c.launch_key.in_(keys))] if keys else []
        open_ones = [(r, d) for r in rows if (d := current(connection, r["launch_key"])) is not None]
    named = 0
    for row, deployed in open_ones:
        hours = (clock.now() - deployed.since).total_seconds() / 3600
        days = int(hours // threshold("jobs.idle_reminder_hours"))
        if days < 1 or deployed.usd_per_hour == 0:
            continue
        job = view.get(row["id"], row["owner"])
        code = f"idle-{deployed.since:%Y%m%dT%H%M%S}-{days}"
        named += tell(job, Milestone("idle", code, _words(job, deployed, hours)))
    return named


def _words(job: Job, deployed: Deployment, hours: float) -> str:
    rate = deployed.usd_per_hour
    if rate is None:
        cost = "is paid by the hour, used or not (no published price was found)"
    else:
        so_far = (rate * Decimal(hours)).quantize(Decimal("0.01"))
        cost = f"costs {rate} USD an hour, used or not: {24 * rate:.2f} USD a day, about {so_far} USD so far"
    end = f"Is it used? If not, delete it, then: finetune-advisor jobs deploy {job.id} --gone"
    return f"The deployment {deployed.name} of {job.id} on {job.backend} {cost}. {end}"
