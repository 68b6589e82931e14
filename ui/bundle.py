"""A finished job as one folder with the page of its conversation: the door of the chat and the command line."""

import shutil
from pathlib import Path

from tools.records.owned import LOCAL


def write(job_id: str, owner: str) -> Path:
    """Write it below the home folder; what lies there already of the same job is replaced.

    Raises:
        RefusedError: the job has no tuned model.
        InputError: it cannot be written.
    """
    from tools.jobs import view
    from tools.jobs.export.bundle import bundle
    from tools.workspace import folder

    job = view.get(job_id, owner)
    out, part = folder("exports") / job.id, folder("exports") / f".{job.id}.part"
    shutil.rmtree(part, ignore_errors=True)
    bundle(job.id, part, owner=owner)
    page_of(job.id, part, owner)
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    return out


def page_of(job_id: str, out: Path, owner: str = LOCAL) -> list[str]:
    """The decision record of the conversation that made the job, where there is one: its name below the folder."""
    from datetime import UTC, datetime

    from agent.case import Case
    from agent.page import decision_record
    from tools.jobs import view
    from tools.jobs.export.bundle import PRIVATE
    from tools.records.cases import list_cases
    from tools.report import html

    job = view.get(job_id, owner)
    for stored in list_cases(owner, limit=10_000):
        case = Case.model_validate(stored.document["case"])
        if job.id in case.jobs:
            record = decision_record(case, owner=owner, now=datetime.now(UTC))
            (out / PRIVATE / "page.html").write_text(html(record), encoding="utf-8")
            return [f"{PRIVATE}/page.html"]
    return []
