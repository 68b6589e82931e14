"""The only way to rows that belong to somebody: the owner cannot be left out, and another's row does not exist."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Table, insert, select, update
from sqlalchemy.sql import ColumnElement

from tools.errors import InputError, NotFoundError

LOCAL = "local"
"""The owner where nobody signs in: one person on one computer, in the chat and on the command line alike."""
LISTED = {"job": "`finetune-advisor jobs list` shows them.", "case": "`finetune-advisor report` shows them."}
"""How a person finds the right id."""


class Owned:
    """The rows of one table that belong to one owner."""

    def __init__(self, connection: Connection, table: Table, owner: str) -> None:
        if not owner.strip():
            raise InputError("an owner is needed to read or write records")
        self._connection, self._table, self._owner = connection, table, owner

    def get(self, row_id: str, what: str) -> RowMapping:
        """The row with this id. NotFoundError when there is none or it is another's: the two look the same."""
        found = self.first(self._table.c.id == row_id)
        if found is None:
            raise NotFoundError(f"there is no {what} {row_id!r}", remedy=LISTED.get(what, ""))
        return found

    def first(self, *conditions: ColumnElement[bool]) -> RowMapping | None:
        """One row that meets the conditions, or None."""
        statement = select(self._table).where(self._table.c.owner == self._owner, *conditions).limit(1)
        return self._connection.execute(statement).mappings().first()

    def all(self, *conditions: ColumnElement[bool], order_by: Any = None, limit: int | None = None) -> list[RowMapping]:
        """The rows that meet the conditions."""
        statement = select(self._table).where(self._table.c.owner == self._owner, *conditions)
        if order_by is not None:
            statement = statement.order_by(order_by)
        return list(self._connection.execute(statement.limit(limit)).mappings())

    def insert(self, **values: Any) -> None:
        """Add a row that belongs to this owner."""
        self._connection.execute(insert(self._table).values(**{**values, "owner": self._owner}))

    def insert_all(self, rows: list[dict[str, Any]]) -> None:
        """Add many rows that belong to this owner, at once."""
        if rows:
            self._connection.execute(insert(self._table), [{**row, "owner": self._owner} for row in rows])

    def update(self, *conditions: ColumnElement[bool], **values: Any) -> int:
        """Change the rows that meet the conditions; how many there were. The owner of a row never changes."""
        statement = update(self._table).where(self._table.c.owner == self._owner, *conditions)
        return self._connection.execute(statement.values(**values)).rowcount


def of_everyone(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> list[RowMapping]:
    """Rows of all owners: for an organisation's caps and for the monitor, never for what a person is shown."""
    return list(connection.execute(select(table).where(*conditions)).mappings())
