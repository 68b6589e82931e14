"""Telling a milestone once: it is written into the ledger first and sent then, so that no restart sends it again.

A process that ends between the two has a notice that is shown and was not sent: at most once, not at least once.
"""

from datetime import timedelta

from sqlalchemy import Connection

from tools.errors import AdvisorError
from tools.jobs import view
from tools.jobs.models import TERMINAL, Job, Notice
from tools.jobs.notices import milestones, settings
from tools.jobs.notices.milestones import Milestone
from tools.records import chain, clock, database
from tools.records.owned import of_everyone
from tools.records.tables import jobs

CATCH_UP = timedelta(days=1)
"""How far back a restart looks for jobs whose end was not told."""


def look(job_id: str, owner: str) -> list[Milestone]:
    """Tell what this job has passed and nobody has told; what was told now."""
    job = view.get(job_id, owner)
    with database.read() as connection:
        known = {n.code for n in told(connection, job.launch_key)}
    return [m for m in milestones.passed(job) if m.code not in known and tell(job, m)]


def tell(job: Job, milestone: Milestone) -> bool:
    """Tell one milestone unless it was told; whether it was told now."""
    with database.write() as connection:
        if any(n.code == milestone.code for n in told(connection, job.launch_key)):
            return False
        body = {"code": milestone.code, "text": milestone.text}
        chain.append(connection, job.owner, job.launch_key, "NOTICE", body)
    _send(job, milestone)
    return True


def told(connection: Connection, launch_key: str) -> list[Notice]:
    """What was told about a launch, the oldest first."""
    entries = chain.entries(connection, launch_key)
    problems = {e.body["code"]: str(e.body["problem"]) for e in entries if e.kind == "NOTICE_NOT_SENT"}
    return [
        Notice(at=e.at, code=e.body["code"], text=e.body["text"], problem=problems.get(e.body["code"], ""))
        for e in entries
        if e.kind == "NOTICE"
    ]


def catch_up() -> int:
    """After a restart: jobs that ended while nobody told it; how many milestones were told."""
    since = clock.now() - CATCH_UP
    with database.read() as connection:
        rows = of_everyone(connection, jobs, jobs.c.updated_at > since)
    over = [r for r in rows if r["status"] in (*TERMINAL, "refused", "needs_human", "lost_contact")]
    return sum(len(look(r["id"], r["owner"])) for r in over)


def _send(job: Job, milestone: Milestone) -> None:
    try:
        wanted = settings.read()
        if milestone.kind not in wanted.milestones or not wanted.to:
            return
        from tools.jobs.notices.send import send

        failed = send(milestone.text, wanted.to)
        problem = f"address {', '.join(map(str, failed))} of {settings.FILE} did not take it" if failed else ""
    except AdvisorError as e:
        problem = str(e)
    if problem:
        body = {"code": milestone.code, "problem": problem}
        with database.write() as connection:
            chain.append(connection, job.owner, job.launch_key, "NOTICE_NOT_SENT", body)
