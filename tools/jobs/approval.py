"""Approval: one person's yes to one exact plan, with a ceiling and an end, usable once."""

import hmac
import secrets
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, RowMapping

from knowledge.thresholds import threshold
from tools.errors import InputError, RefusedError
from tools.jobs import limits
from tools.jobs.models import Approval, Plan
from tools.jobs.plan import checked
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import approvals, plans

REASON_CHARACTERS = 10
"""An override is a sentence, not a keystroke."""
PLACE = "place"
"""Where an approval was given, in its entry in the ledger."""


def approve(
    plan_id: str,
    digest: str,
    person: str,
    ceiling_usd: Decimal,
    expires: datetime | None = None,
    *,
    owner: str = "local",
    comment: str = "",
    overrides: dict[str, str] | None = None,
) -> Approval:
    """Say yes to a plan; what it may cost is reserved against the caps from now on.

    Args:
        plan_id: which plan.
        digest: the whole digest as the person saw it.
        person: who says yes; the launch is theirs alone.
        ceiling_usd: the most it may cost; at least the worst case.
        expires: until when it may be used; None: a day from now.
        owner: whose plan it is.
        comment: free words, kept.
        overrides: blocker code -> why the person takes the responsibility, in writing.

    Returns:
        The approval. The same person approving the same plan again gets the one there is, used or not.

    Raises:
        RefusedError: another digest, a blocker that stands, a ceiling below the worst case, a cap.
        NotFoundError: no such plan of this owner's.
    """
    person = _name(person)
    now = clock.now()
    until = expires or now + timedelta(hours=threshold("jobs.approval_hours"))
    if until <= now:
        raise InputError("the approval would have ended already", remedy="Choose a later end.")
    limits.refuse_if_stopped()
    written = {code: reason.strip() for code, reason in (overrides or {}).items()}
    with database.write() as connection:
        chain.verify(connection)
        plan = _plan(connection, plan_id, digest, owner)
        _check_blockers(plan, written)
        _check_ceiling(plan, ceiling_usd)
        mine = Owned(connection, approvals, owner)
        for row in _open(mine, plan.plan_digest, now, plan.plan_digest):
            same = row["person"] == person and row["overrides"] == written and row["ceiling_usd"] == ceiling_usd
            if same and not _why_not(connection, said := Approval.model_validate(dict(row))):
                return said
        limits.reserve(connection, digest=plan.plan_digest, person=person, amount_usd=ceiling_usd)
        return _insert(connection, plan, person, "approved", ceiling_usd, until, comment, written)


def reject(plan_id: str, digest: str, person: str, comment: str = "", *, owner: str = "local") -> Approval:
    """Say no to a plan: open approvals of it end, and it cannot be launched.

    Raises:
        RefusedError: another digest.
        NotFoundError: no such plan of this owner's.
    """
    person = _name(person)
    with database.write() as connection:
        plan = _plan(connection, plan_id, digest, owner)
        now = clock.now()
        return _insert(connection, plan, person, "rejected", Decimal(0), now, comment, {})


def usable(connection: Connection, plan: Plan, person: str, launch_key: str) -> Approval:
    """The approval under which this person may launch this plan now.

    Raises:
        RefusedError: there is none; why.
    """
    mine = Owned(connection, approvals, plan.owner)
    now = clock.now()
    decided = mine.all(approvals.c.plan_digest == plan.plan_digest, order_by=approvals.c.created_at)
    fresh = [r for r in _open(mine, plan.plan_digest, now, launch_key)]
    own = [r for r in fresh if r["person"] == person]
    if not own:
        raise RefusedError(
            _why_none(decided, person, now), remedy=f"Approve it: finetune-advisor jobs approve {plan.id}"
        )
    approval = Approval.model_validate(dict(own[-1]))
    if why := _why_not(connection, approval):
        raise RefusedError(why, remedy=f"Approve the plan anew: finetune-advisor jobs approve {plan.id}")
    _check_blockers(plan, approval.overrides)
    _check_ceiling(plan, approval.ceiling_usd)
    if approval.ceiling_usd > limits.caps().two_persons_above_usd and not _second(connection, fresh, person):
        raise RefusedError(
            f"above {limits.caps().two_persons_above_usd} USD a second person has to approve the same plan",
            remedy=f"Ask somebody else to run: finetune-advisor jobs approve {plan.id}",
        )
    if approval.ceiling_usd > limits.caps().page_above_usd:
        _check_page(plan, now)
    return approval


def _check_page(plan: Plan, now: datetime) -> None:
    """Above the limit somebody has said yes to the page that asks for this plan, and the page still holds."""
    from tools.report import keeping
    from tools.report.validity import broken

    sum_ = limits.caps().page_above_usd
    page = keeping.approved_for(plan.plan_digest, plan.owner)
    if page is None:
        raise RefusedError(
            f"above {sum_} USD an approved page that asks for this plan is needed",
            remedy="Propose it in a conversation (the same plan has the same digest), "
            "write the page there and have it approved.",
        )
    # The rows are bound by the plan's own digests, so only prices, base and date are looked at here.
    same_rows = {c.value for c in page.record.conditions if c.kind == "data"}
    if why := broken(page.record, today=now.date(), data=same_rows):
        raise RefusedError(f"the approved page no longer holds: {' '.join(why)}", remedy="Write a new one.")


def list_approvals(plan_id: str, owner: str = "local") -> list[Approval]:
    """Who has decided what about a plan, the oldest first."""
    with database.read() as connection:
        rows = Owned(connection, approvals, owner).all(approvals.c.plan_id == plan_id, order_by=approvals.c.created_at)
    return [Approval.model_validate(dict(row)) for row in rows]


def why_not(approval: Approval) -> str:
    """Why an approval does not count here, its end aside; empty when it does."""
    with database.read() as connection:
        return _why_not(connection, approval)


def _open(mine: Owned, digest: str, now: datetime, launch_key: str | None = None) -> list[RowMapping]:
    """Approvals of this digest that have not ended, not been used for another launch, and not been taken back."""
    rows = mine.all(approvals.c.plan_digest == digest, order_by=approvals.c.created_at)
    last_no = max((r["created_at"] for r in rows if r["decision"] == "rejected"), default=None)
    return [
        r
        for r in rows
        if r["decision"] == "approved"
        and r["created_at"] <= now < r["expires_at"]
        and r["used_by"] in (None, launch_key)
        and (last_no is None or r["created_at"] > last_no)
    ]


def _why_none(decided: list[RowMapping], person: str, now: datetime) -> str:
    if not decided:
        return "nobody has approved this plan"
    if decided[-1]["decision"] == "rejected":
        return f"{decided[-1]['person']} rejected this plan"
    if all(r["expires_at"] <= now for r in decided):
        return "the approval of this plan has ended"
    if all(r["person"] != person for r in decided):
        return f"{person} has not approved this plan; an approval is bound to the person who gave it"
    return "the approval of this plan was used"


def _plan(connection: Connection, plan_id: str, digest: str, owner: str) -> Plan:
    row = Owned(connection, plans, owner).get(plan_id, "plan")
    plan = checked(row["document"], row["digest"])
    if not hmac.compare_digest(plan.plan_digest.encode(), digest.encode()):
        raise RefusedError(
            "the digest is not that of this plan", remedy="Read the plan again and approve what it says now."
        )
    return plan


def _check_blockers(plan: Plan, written: dict[str, str]) -> None:
    for blocker in plan.blockers:
        if not blocker.overridable:
            raise RefusedError(blocker.message, where=blocker.code, remedy="Mend it and propose the plan again.")
        why = written.get(blocker.code, "")
        if len(why) < REASON_CHARACTERS:
            remedy = f'Take the responsibility in writing: --override {blocker.code}="why".'
            if why:
                remedy = f"{why!r} is too short for a reason: write {REASON_CHARACTERS} characters or more."
            raise RefusedError(blocker.message, where=blocker.code, remedy=remedy)


def _check_ceiling(plan: Plan, ceiling_usd: Decimal) -> None:
    if not ceiling_usd.is_finite() or ceiling_usd < 0:
        raise InputError("the ceiling must be an amount in USD, 0 or more")
    worst = plan.envelope.worst_case_usd
    if worst is not None and ceiling_usd < worst:
        raise RefusedError(f"the worst case is {worst} USD, above your ceiling of {ceiling_usd} USD")
    if worst is None and ceiling_usd == 0:
        raise RefusedError("the cost is not known: a ceiling of 0 USD cannot hold it", remedy="Name a ceiling.")


def _second(connection: Connection, fresh: list[RowMapping], person: str) -> bool:
    """Whether somebody else has approved too; the same name in other letters is the same person."""
    others = [r for r in fresh if r["person"].casefold() != person.casefold()]
    return any(not _why_not(connection, Approval.model_validate(dict(r))) for r in others)


def _why_not(connection: Connection, approval: Approval) -> str:
    """Why this approval does not count, by the chain that holds it; empty when it does.

    A row changed in the table alone is worth nothing; nor is one in a copy of the home folder, for where it was given
    it may have been used; nor one that was seen to end before the clock was set back.
    """
    recorded = [e for e in chain.entries(connection, approval.id) if e.kind == "APPROVED"]
    if len(recorded) != 1 or {k: v for k, v in recorded[0].body.items() if k != PLACE} != _body(approval):
        return "the stored approval was changed"
    if PLACE not in recorded[0].body:
        return "the advisor was updated since the plan was approved"
    if recorded[0].body[PLACE] != database.place():
        return "this home folder was copied, moved or restored since the plan was approved"
    if chain.reached(connection, recorded[0].seq, approval.expires_at):
        return "the approval of this plan had ended before the clock was set back"
    return ""


def _body(approval: Approval) -> dict[str, object]:
    fields = {"plan_id", "plan_digest", "person", "ceiling_usd", "expires_at", "overrides"}
    return approval.model_dump(mode="json", include=fields)


def _insert(
    connection: Connection,
    plan: Plan,
    person: str,
    decision: str,
    ceiling_usd: Decimal,
    until: datetime,
    comment: str,
    overrides: dict[str, str],
) -> Approval:
    approval = Approval.model_validate(
        {
            "id": f"approval_{secrets.token_hex(8)}",
            "owner": plan.owner,
            "plan_id": plan.id,
            "plan_digest": plan.plan_digest,
            "person": person,
            "decision": decision,
            "ceiling_usd": ceiling_usd,
            "created_at": clock.now(),
            "expires_at": until,
            "comment": comment[:2000],
            "overrides": overrides,
            "used_by": None,
        }
    )
    Owned(connection, approvals, plan.owner).insert(**approval.model_dump(exclude={"owner"}))
    chain.append(connection, plan.owner, approval.id, decision.upper(), {**_body(approval), PLACE: database.place()})
    return approval


def _name(person: str) -> str:
    name = " ".join(person.split())
    if not name:
        raise InputError("an approval needs the name of a person")
    return name[:200]
