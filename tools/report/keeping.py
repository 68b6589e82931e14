"""Pages that were shown, what people decided on them, and read-only links.

A decision binds one person to the digest of exactly what they saw. A newer page of the same case makes an older one
"superseded": it can be read, but nothing can be decided on it any more.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, select

from tools.errors import InputError, NotFoundError, RefusedError
from tools.records import chain, database
from tools.records.clock import now
from tools.records.owned import Owned
from tools.records.tables import page_decisions, page_shares, pages
from tools.report.record import DecisionRecord

Choice = Literal["approved", "changes_asked", "rejected"]
Status = Literal["open", "approved", "changes_asked", "rejected", "superseded"]
DECIDED = "PAGE_DECIDED"
MOST_COMMENT = 2_000
MOST_DAYS = 90


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Decided(_Record):
    """What one person said to a page."""

    person: str
    decision: Choice
    comment: str
    digest: str
    created_at: datetime


class Kept(_Record):
    """A page as it was shown."""

    id: str
    owner: str
    case_id: str
    digest: str
    created_at: datetime
    status: Status
    record: DecisionRecord
    decided: tuple[Decided, ...]


class Share(_Record):
    """A link; the token itself is not kept, only its digest."""

    id: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def keep(record: DecisionRecord, owner: str) -> Kept:
    """Keep a page; the same content of the same case is kept once.

    Content that was shown before and gave way to a newer page is the newest again, and wants a new decision.
    """
    with database.write() as connection:
        mine = Owned(connection, pages, owner)
        found = mine.first(pages.c.case_id == record.case_id, pages.c.digest == record.digest)
        if found is None:
            mine.insert(
                id="r" + secrets.token_hex(6),
                case_id=record.case_id,
                digest=record.digest,
                created_at=now(),
                document=record.model_dump(mode="json"),
            )
        elif _newer(connection, owner, found):
            mine.update(pages.c.id == found["id"], created_at=now())
        found = mine.first(pages.c.case_id == record.case_id, pages.c.digest == record.digest)
        assert found is not None
        return _kept(connection, owner, found)


def page(page_id: str, owner: str) -> Kept:
    """One page. NotFoundError when there is none or it is another's."""
    with database.read() as connection:
        return _kept(connection, owner, Owned(connection, pages, owner).get(page_id, "page"))


def pages_of(case_id: str, owner: str) -> list[Kept]:
    """The pages of a case, the newest first."""
    with database.read() as connection:
        rows = Owned(connection, pages, owner).all(pages.c.case_id == case_id, order_by=pages.c.created_at.desc())
        return [_kept(connection, owner, row) for row in rows]


def decide(
    page_id: str,
    owner: str,
    *,
    person: str,
    decision: Choice,
    digest: str,
    comment: str = "",
    seen: int | None = None,
) -> Kept:
    """Write down what a person decided on exactly what they saw.

    The same words twice, as a double click sends them, are written down once.

    Args:
        page_id: the page.
        owner: whose page it is.
        person: who decides.
        decision: what.
        digest: of the page that was seen.
        comment: why, or what must change.
        seen: how many decisions stood on it then; None: not asked.

    Raises:
        NotFoundError: there is no such page.
        RefusedError: they saw another version, a newer page of the same case exists, or somebody has decided since.
        InputError: no name, or a comment over MOST_COMMENT characters.
    """
    if not person.strip():
        raise InputError("a decision needs a name")
    if len(comment) > MOST_COMMENT:
        raise InputError(f"a comment may have {MOST_COMMENT:,} characters")
    with database.write() as connection:
        found = Owned(connection, pages, owner).get(page_id, "page")
        kept = _kept(connection, owner, found)
        if kept.digest != digest:
            raise RefusedError("this is not the page that was seen", remedy="Open it again and decide on what it says.")
        if kept.status == "superseded":
            raise RefusedError("a newer page of this case exists", remedy="Decide on the newest one.")
        last = kept.decided[-1] if kept.decided and kept.status != "open" else None
        if last and (last.person, last.decision, last.comment) == (person.strip(), decision, comment):
            return kept
        if seen is not None and seen != len(kept.decided):
            raise RefusedError(
                "somebody has decided on this page since you opened it",
                remedy="Read what they said above, then decide.",
            )
        Owned(connection, page_decisions, owner).insert(
            id="s" + secrets.token_hex(6),
            page_id=page_id,
            digest=digest,
            person=person.strip(),
            decision=decision,
            comment=comment,
            created_at=now(),
        )
        body = {"person": person.strip(), "digest": digest, "decision": decision}
        chain.append(connection, owner, page_id, DECIDED, body)
        return _kept(connection, owner, found)


def approved_for(plan_digest: str, owner: str) -> Kept | None:
    """The newest page that asks to spend on this plan and was approved and not superseded; None when there is none.

    Pages and decisions are held against their digest and the ledger: a row changed in a table alone is worth nothing.
    """
    with database.read() as connection:
        for row in Owned(connection, pages, owner).all(order_by=pages.c.created_at.desc()):
            if row["document"].get("plan_digest") == plan_digest:
                kept = _kept(connection, owner, row)
                return kept if kept.status == "approved" and _recorded(connection, kept) else None
    return None


def _recorded(connection: Connection, kept: Kept) -> bool:
    last, said = kept.decided[-1], [e for e in chain.entries(connection, kept.id) if e.kind == DECIDED]
    body = {"person": last.person, "digest": kept.record.digest, "decision": "approved"}
    return kept.record.digest == kept.digest == last.digest and bool(said) and said[-1].body == body


def share(page_id: str, owner: str, *, days: int = 14) -> tuple[str, Share]:
    """A read-only link: the token (shown once) and what is kept of it.

    Raises:
        NotFoundError: there is no such page.
        InputError: days are not 1 to MOST_DAYS.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"a link may last 1 to {MOST_DAYS} days")
    token = secrets.token_urlsafe(24)
    with database.write() as connection:
        Owned(connection, pages, owner).get(page_id, "page")
        mine = Owned(connection, page_shares, owner)
        share_id, at = "l" + secrets.token_hex(6), now()
        mine.insert(
            id=share_id,
            page_id=page_id,
            token_sha256=_digest(token),
            created_at=at,
            expires_at=at + timedelta(days=days),
            revoked_at=None,
        )
        return token, Share.model_validate(dict(mine.get(share_id, "link")))


def revoke(share_id: str, owner: str) -> None:
    """End a link now. NotFoundError when there is none."""
    with database.write() as connection:
        mine = Owned(connection, page_shares, owner)
        mine.get(share_id, "link")
        mine.update(page_shares.c.id == share_id, revoked_at=now())


def shares_of(page_id: str, owner: str) -> list[Share]:
    """All links of a page, the newest first."""
    with database.read() as connection:
        rows = Owned(connection, page_shares, owner).all(
            page_shares.c.page_id == page_id, order_by=page_shares.c.created_at.desc()
        )
        return [Share.model_validate(dict(row)) for row in rows]


def shared(token: str) -> Kept:
    """The page behind a link, whoever asks. NotFoundError when it never was, has expired or was revoked."""
    with database.read() as connection:
        link = (
            connection.execute(select(page_shares).where(page_shares.c.token_sha256 == _digest(token)))
            .mappings()
            .first()
        )
        if link is None or link["revoked_at"] is not None or link["expires_at"] <= now():
            raise NotFoundError("this link is not valid any more")
        return _kept(connection, link["owner"], Owned(connection, pages, link["owner"]).get(link["page_id"], "page"))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _kept(connection: Connection, owner: str, row: RowMapping) -> Kept:
    said = Owned(connection, page_decisions, owner).all(
        page_decisions.c.page_id == row["id"], order_by=page_decisions.c.created_at
    )
    decided = tuple(Decided.model_validate(dict(r)) for r in said)
    now_standing = [d for d in decided if d.created_at >= row["created_at"]]
    status: Status = "open"
    if _newer(connection, owner, row):
        status = "superseded"
    elif now_standing:
        status = now_standing[-1].decision
    return Kept(
        id=row["id"],
        owner=owner,
        case_id=row["case_id"],
        digest=row["digest"],
        created_at=row["created_at"],
        status=status,
        record=DecisionRecord.model_validate(row["document"]),
        decided=decided,
    )


def _newer(connection: Connection, owner: str, row: RowMapping) -> bool:
    newer = Owned(connection, pages, owner).first(
        pages.c.case_id == row["case_id"], pages.c.created_at > row["created_at"], pages.c.id != row["id"]
    )
    return newer is not None
