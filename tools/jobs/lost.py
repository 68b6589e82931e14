"""A job with which contact is lost: what a person says became of it, so that its reserve holds no longer.

Nothing is ever sent by this. The launch key stays taken, so the same plan still means this one job; the provider is
asked now and then as before, and a job that turns up again holds its whole reserve again.
"""

from decimal import Decimal

from sqlalchemy import Connection, RowMapping

from tools.errors import InputError, RefusedError
from tools.jobs.models import GONE
from tools.jobs.reconcile import told_why
from tools.jobs.statuses import contact_lost
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import approvals, jobs


def gone(job_id: str, person: str, *, billed_usd: Decimal, why: str, owner: str = "local") -> None:
    """Record that a lost job is gone and what it was billed: that sum counts towards the caps, not the whole reserve.

    Raises:
        RefusedError: contact with it is not lost.
        InputError: no sum, or no reason in writing.
    """
    if not billed_usd.is_finite() or billed_usd < 0:
        raise InputError("say what the provider has billed for it, in USD", remedy="0 if it has billed nothing.")
    why = told_why(why)
    with database.write() as connection:
        mine = Owned(connection, jobs, owner)
        row = mine.get(job_id, "job")
        if row["state"] != "CONFIRMED" or not contact_lost(row):
            raise RefusedError(
                f"contact with the job is not lost; it is {row['status']}",
                remedy=f"Its next step: finetune-advisor jobs show {row['id']}",
            )
        body = {"person": person, "why": why, "billed_usd": str(billed_usd), "held_usd": str(row["reserved_usd"])}
        chain.append(connection, owner, row["launch_key"], "GONE", body)
        mine.update(
            jobs.c.id == row["id"],
            status=GONE,
            reserved_usd=billed_usd,
            message=f"{person} says that it is gone at the provider, which billed {billed_usd} USD: {why}",
            document={**row["document"], "billed_usd": str(billed_usd)},
            updated_at=clock.now(),
        )


def found_again(connection: Connection, row: RowMapping, document: dict[str, object]) -> dict[str, object]:
    """The provider shows a job that was said to be gone: its whole reserve holds again; the columns to change."""
    held = Owned(connection, approvals, row["owner"]).get(row["approval_id"], "approval")["ceiling_usd"]
    chain.append(connection, row["owner"], row["launch_key"], "FOUND_AGAIN", {"held_usd": str(held)})
    words = "The provider shows this job again, though it was said to be gone: its whole reserve holds again."
    document.pop("billed_usd", None)
    document["notice"] = words
    return {"reserved_usd": held, "message": words}
