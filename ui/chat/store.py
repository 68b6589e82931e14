"""Where the chat's threads live: the same database as the records, with writes kept in order.

Chainlit's stock layer loses step outputs in silence (each send and update is an unordered task), loses rows whose
`tags` or `modes` are lists or dicts on SQLite, and lets one person write over another's elements. This one does not.
"""

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import Any

from chainlit.data.sql_alchemy import SQLAlchemyDataLayer
from chainlit.types import PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from sqlalchemy import create_engine, event, text

from ui.chat.files import HomeFiles

log = logging.getLogger(__name__)

TABLES = """
CREATE TABLE IF NOT EXISTS users ("id" TEXT PRIMARY KEY, "identifier" TEXT NOT NULL UNIQUE, "createdAt" TEXT,
  "metadata" TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS threads ("id" TEXT PRIMARY KEY, "createdAt" TEXT, "name" TEXT, "userId" TEXT,
  "userIdentifier" TEXT, "tags" TEXT, "metadata" TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS steps ("id" TEXT PRIMARY KEY, "name" TEXT NOT NULL, "type" TEXT NOT NULL,
  "threadId" TEXT NOT NULL, "parentId" TEXT, "streaming" BOOLEAN, "waitForAnswer" BOOLEAN, "isError" BOOLEAN,
  "metadata" TEXT, "tags" TEXT, "input" TEXT, "output" TEXT, "createdAt" TEXT, "start" TEXT, "end" TEXT,
  "generation" TEXT, "showInput" TEXT, "language" TEXT, "command" TEXT, "modes" TEXT, "defaultOpen" BOOLEAN,
  "autoCollapse" BOOLEAN);
CREATE TABLE IF NOT EXISTS elements ("id" TEXT PRIMARY KEY, "threadId" TEXT, "type" TEXT, "chainlitKey" TEXT,
  "url" TEXT, "objectKey" TEXT, "name" TEXT NOT NULL, "display" TEXT, "size" TEXT, "language" TEXT, "page" INTEGER,
  "props" TEXT DEFAULT '{}', "autoPlay" BOOLEAN, "playerConfig" TEXT, "forId" TEXT, "mime" TEXT);
CREATE TABLE IF NOT EXISTS feedbacks ("id" TEXT PRIMARY KEY, "forId" TEXT NOT NULL, "threadId" TEXT,
  "value" INTEGER NOT NULL, "comment" TEXT);
CREATE INDEX IF NOT EXISTS threads_user ON threads ("userId");
CREATE INDEX IF NOT EXISTS steps_thread ON steps ("threadId");
CREATE INDEX IF NOT EXISTS elements_thread ON elements ("threadId");
CREATE INDEX IF NOT EXISTS feedbacks_for ON feedbacks ("forId")
"""
# Read back as the list or dict they were written as. Not "props": the stock layer parses that itself.
_JSON_COLUMNS = (
    "metadata",
    "thread_metadata",
    "step_metadata",
    "tags",
    "thread_tags",
    "step_tags",
    "step_generation",
    "modes",
)


def make_tables(url: str) -> None:
    """Create the chat's tables if they are not there. `url` is a synchronous SQLAlchemy address."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.execute(text(statement))
    engine.dispose()


def asynchronous(url: str) -> str:
    """The same address with the asynchronous driver that the chat's layer needs."""
    for plain, driver in (("sqlite", "sqlite+aiosqlite"), ("postgresql", "postgresql+asyncpg")):
        scheme, rest = url.split(":", 1)
        if scheme.split("+")[0] == plain:
            return f"{driver}:{rest}"
    return url


class ThreadStore(SQLAlchemyDataLayer):  # type: ignore[misc]
    """Chainlit's SQL layer with ordered writes, JSON in and out, owners checked and failures counted."""

    def __init__(self, url: str, files: HomeFiles) -> None:
        super().__init__(conninfo=asynchronous(url), storage_provider=files)
        self._write_lock = asyncio.Lock()  # FIFO, so that a step's update lands after its creation
        self.failed_writes = 0
        if url.startswith("sqlite"):

            @event.listens_for(self.engine.sync_engine, "connect")
            def _(connection: Any, _record: Any) -> None:
                for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=NORMAL"):
                    connection.execute(f"PRAGMA {pragma}")

    async def execute_sql(self, query: str, parameters: dict[str, Any]) -> Any:
        """Run one statement; a swallowed failure is counted, so that `doctor` and the page can say so."""
        encoded = {k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in parameters.items()}
        rows = await super().execute_sql(query, encoded)
        if rows is None:
            self.failed_writes += 1
            log.warning("a chat write failed (%s so far)", self.failed_writes)
        for row in rows if isinstance(rows, list) else ():
            for key in _JSON_COLUMNS:
                if isinstance(row.get(key), str):
                    row[key] = json.loads(row[key])
        return rows

    async def create_step(self, step_dict: Any) -> None:
        """Write a step after all writes that came before it."""
        async with self._write_lock:
            await super().create_step(step_dict)

    async def update_step(self, step_dict: Any) -> None:
        """The same upsert; the stock one would wait for the lock that it holds."""
        await self.create_step(step_dict)

    async def create_element(self, element: Any) -> None:
        """Keep an element, unless its id belongs to another thread or it names an address to fetch."""
        rows = await self.execute_sql('SELECT "threadId" FROM elements WHERE "id" = :id', {"id": element.id})
        if isinstance(rows, list) and rows and rows[0]["threadId"] != element.thread_id:
            log.warning("refused to write over an element of another thread")
            return
        if element.url and not element.path and not element.content:
            return  # the stock layer would fetch the address
        async with self._write_lock:
            await super().create_element(element)

    async def get_current_timestamp(self) -> str:
        """UTC; the stock one is local time with a Z."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    async def get_all_user_threads(self, user_id: str | None = None, thread_id: str | None = None) -> Any:
        """Threads with their elements' props as dicts."""
        threads = await super().get_all_user_threads(user_id, thread_id)
        for thread in threads or []:
            for element in thread["elements"]:
                if isinstance(element.get("props"), str):
                    element["props"] = json.loads(element["props"])
        return threads

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> Any:
        """One page of the side bar, without reading every step of every thread unless a search asks for it."""
        if filters.search or filters.feedback is not None or not filters.userId:
            return await super().list_threads(pagination, filters)
        rows = await self.execute_sql(
            'SELECT t."id", t."createdAt", t."name", t."userId", t."userIdentifier", t."tags", t."metadata" '
            'FROM threads t WHERE t."userId" = :user ORDER BY COALESCE('
            '(SELECT MAX(s."createdAt") FROM steps s WHERE s."threadId" = t."id"), t."createdAt", \'\') DESC, t."id"',
            {"user": filters.userId},
        )
        rows = rows if isinstance(rows, list) else []
        ids = [r["id"] for r in rows]
        start = ids.index(pagination.cursor) + 1 if pagination.cursor in ids else 0
        page = rows[start : start + pagination.first]
        return PaginatedResponse(
            pageInfo=PageInfo(
                hasNextPage=start + pagination.first < len(rows),
                startCursor=page[0]["id"] if page else None,
                endCursor=page[-1]["id"] if page else None,
            ),
            data=[ThreadDict(**r, steps=[], elements=[]) for r in page],
        )

    async def owns_element(self, element_id: str, identifier: str) -> dict[str, Any] | None:
        """The element's row if it belongs to a thread of this person."""
        rows = await self.execute_sql(
            'SELECT e.* FROM elements e JOIN threads t ON e."threadId" = t."id" '
            'WHERE e."id" = :id AND t."userIdentifier" = :user',
            {"id": element_id, "user": identifier},
        )
        return rows[0] if isinstance(rows, list) and rows else None
