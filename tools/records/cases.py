"""Cases: what one conversation knows, kept so that it can go on after a restart."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.errors import RefusedError
from tools.records import database
from tools.records.clock import now
from tools.records.owned import Owned
from tools.records.tables import cases


class Case(BaseModel):
    """One stored case."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    title: str
    updated_at: datetime
    version: int
    """1 when first saved, one more at each save."""
    document: dict[str, Any]


def save_case(
    case_id: str, owner: str, title: str, document: dict[str, Any], *, expected_version: int | None = None
) -> Case:
    """Store a case, new or changed.

    Args:
        case_id: chosen by the caller, unguessable (the thread's id).
        owner: whose it is.
        title: one line for lists.
        document: JSON-ready.
        expected_version: the version the change was made from; None takes whatever is there.

    Raises:
        RefusedError: somebody else saved a newer version in between.
        NotFoundError: the id is another owner's.
    """
    with database.write() as connection:
        mine = Owned(connection, cases, owner)
        found = mine.first(cases.c.id == case_id)
        if found is None and connection.execute(cases.select().where(cases.c.id == case_id)).first() is not None:
            mine.get(case_id, "case")
        version = found["version"] if found else 0
        if expected_version is not None and expected_version != version:
            raise RefusedError(
                "the case was changed in another window", remedy="Load it again, then repeat the change."
            )
        values = {"title": title, "updated_at": now(), "version": version + 1, "document": document}
        if found is None:
            mine.insert(id=case_id, **values)
        else:
            mine.update(cases.c.id == case_id, **values)
        return Case.model_validate(dict(mine.get(case_id, "case")))


def load_case(case_id: str, owner: str) -> Case:
    """One case. NotFoundError when there is none or it is another's."""
    with database.read() as connection:
        return Case.model_validate(dict(Owned(connection, cases, owner).get(case_id, "case")))


def list_cases(owner: str, limit: int = 100) -> list[Case]:
    """The owner's cases, the newest first."""
    with database.read() as connection:
        rows = Owned(connection, cases, owner).all(order_by=cases.c.updated_at.desc(), limit=limit)
        return [Case.model_validate(dict(row)) for row in rows]
