"""The tables as they are now. Migrations (migrations.py) bring any older file to this form; a test compares the two."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from tools.canonical import canonical


class Json(TypeDecorator[Any]):
    """A JSON document as canonical text: the same bytes in SQLite and PostgreSQL, so that it can be hashed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """From the database."""
        return None if value is None else json.loads(value)


class Utc(TypeDecorator[datetime]):
    """A moment as ISO text in UTC with microseconds: sorts as it should in any database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the database. A naive datetime is refused: it means different moments on different machines."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a datetime without a time zone cannot be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromisoformat(value)


class Money(TypeDecorator[Decimal]):
    """An amount in USD as decimal text: never a float."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From the database."""
        return None if value is None else Decimal(value)


metadata = MetaData()


def _owner() -> Column[str]:
    return Column("owner", Text, nullable=False)


migrations = Table(
    "applied_migrations", metadata, Column("name", Text, primary_key=True), Column("at", Utc, nullable=False)
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("title", Text, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Json, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("digest", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("document", Json, nullable=False),
    UniqueConstraint("owner", "digest"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("plan_id", Text, ForeignKey("plans.id"), nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("ceiling_usd", Money, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("comment", Text, nullable=False),
    Column("overrides", Json, nullable=False),
    Column("used_by", Text),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("launch_key", Text, nullable=False, unique=True),
    Column("plan_id", Text, ForeignKey("plans.id"), nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("approval_id", Text, ForeignKey("approvals.id"), nullable=False),
    Column("person", Text, nullable=False),
    Column("backend", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("reserved_usd", Money, nullable=False),
    Column("provider_job_id", Text),
    Column("status", Text, nullable=False),
    Column("provider_status", Text),
    Column("message", Text, nullable=False),
    Column("fine_tuned_model", Text),
    Column("trained_tokens", BigInteger),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("sent_at", Utc),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    Column("polled_at", Utc),
    Column("next_check_at", Utc),
    Column("check_step", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("cancel_requested", Integer, nullable=False),
    Column("lease_holder", Text),
    Column("lease_until", Utc),
    Column("fence", Integer, nullable=False),
    Column("document", Json, nullable=False),
    UniqueConstraint("backend", "account", "provider_job_id"),
)

job_events = Table(
    "job_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _owner(),
    Column("job_id", Text, ForeignKey("jobs.id"), nullable=False),
    Column("provider_event_id", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("level", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("data", Json),
    UniqueConstraint("job_id", "provider_event_id"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("backend", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("file_id", Text),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("owner", "backend", "account", "sha256"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _owner(),
    Column("at", Utc, nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Json, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
)

pages = Table(
    "pages",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("case_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("document", Json, nullable=False),
    UniqueConstraint("owner", "case_id", "digest"),
)

page_decisions = Table(
    "page_decisions",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
)

page_shares = Table(
    "page_shares",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

advice = Table(
    "advice",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("case_id", Text, nullable=False),
    Column("facts_digest", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("technique", Text),
    Column("confidence", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rules_digest", Text, nullable=False),
    Column("given_at", Utc, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("case_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("findings", Json, nullable=False),
    Column("n", Integer, nullable=False),
    Column("measured_at", Utc, nullable=False),
)
