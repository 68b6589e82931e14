"""How the database came to be as it is: a numbered list, oldest first, each applied once in one transaction.

A migration that has been released is never edited; a change is a new one at the end. Plain SQL, so that a later change
of tables.py cannot alter what an old migration did. Each is interrupted either before or after, never between.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, insert, inspect, select, text

from tools.errors import UnavailableError
from tools.records import tables
from tools.records.clock import now

Migration = Callable[[Connection], None]
MIGRATIONS: list[Migration] = []


def migration(function: Migration) -> Migration:
    """Put a migration at the end of the list."""
    MIGRATIONS.append(function)
    return function


def between_statements() -> None:
    """Called after each statement; the tests stop the process here."""


def _run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(text(statement))
        between_statements()


def migrate(begin_write: Callable[[], AbstractContextManager[Connection]]) -> None:
    """Bring the database up to date.

    Args:
        begin_write: opens a serialised write transaction.

    Raises:
        UnavailableError: a newer version of this product made the file.
    """
    known = [m.__name__ for m in MIGRATIONS]
    for step in MIGRATIONS:
        with begin_write() as connection:
            applied = applied_names(connection)
            newer = sorted(applied - set(known))
            if newer:
                raise UnavailableError(
                    f"the database was made by a newer version (it knows {newer[-1]})",
                    remedy="Upgrade finetune-advisor, or set ADVISOR_HOME to another folder.",
                )
            if step.__name__ not in applied:
                step(connection)
                connection.execute(insert(tables.migrations).values(name=step.__name__, at=now()))


def applied_names(connection: Connection) -> set[str]:
    """Which migrations this database has had."""
    if not inspect(connection).has_table("applied_migrations"):
        return set()
    return set(connection.execute(select(tables.migrations.c.name)).scalars())


@migration
def m001_first(connection: Connection) -> None:
    """Cases, plans, approvals, jobs and their events, uploads, and the ledger that cannot be changed."""
    serial = "BIGSERIAL PRIMARY KEY" if connection.dialect.name == "postgresql" else "INTEGER PRIMARY KEY AUTOINCREMENT"
    _run(
        connection,
        "CREATE TABLE applied_migrations (name TEXT PRIMARY KEY, at TEXT NOT NULL)",
        """CREATE TABLE cases (id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, updated_at TEXT NOT NULL,
            version INTEGER NOT NULL, document TEXT NOT NULL)""",
        "CREATE INDEX cases_of_owner ON cases (owner, updated_at)",
        """CREATE TABLE plans (id TEXT PRIMARY KEY, owner TEXT NOT NULL, digest TEXT NOT NULL, created_at TEXT NOT NULL,
            document TEXT NOT NULL, UNIQUE (owner, digest))""",
        """CREATE TABLE approvals (id TEXT PRIMARY KEY, owner TEXT NOT NULL,
            plan_id TEXT NOT NULL REFERENCES plans (id), plan_digest TEXT NOT NULL, person TEXT NOT NULL,
            decision TEXT NOT NULL, ceiling_usd TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
            comment TEXT NOT NULL, overrides TEXT NOT NULL, used_by TEXT)""",
        "CREATE INDEX approvals_of_plan ON approvals (plan_id)",
        """CREATE TABLE jobs (id TEXT PRIMARY KEY, owner TEXT NOT NULL, launch_key TEXT NOT NULL UNIQUE,
            plan_id TEXT NOT NULL REFERENCES plans (id), plan_digest TEXT NOT NULL,
            approval_id TEXT NOT NULL REFERENCES approvals (id), person TEXT NOT NULL, backend TEXT NOT NULL,
            account TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, reserved_usd TEXT NOT NULL,
            provider_job_id TEXT, status TEXT NOT NULL, provider_status TEXT, message TEXT NOT NULL,
            fine_tuned_model TEXT, trained_tokens BIGINT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            sent_at TEXT, started_at TEXT, finished_at TEXT, polled_at TEXT, next_check_at TEXT,
            check_step INTEGER NOT NULL, missing INTEGER NOT NULL, cancel_requested INTEGER NOT NULL,
            lease_holder TEXT, lease_until TEXT, fence INTEGER NOT NULL, document TEXT NOT NULL,
            UNIQUE (backend, account, provider_job_id))""",
        "CREATE INDEX jobs_of_owner ON jobs (owner, created_at)",
        f"""CREATE TABLE job_events (seq {serial}, owner TEXT NOT NULL, job_id TEXT NOT NULL REFERENCES jobs (id),
            provider_event_id TEXT NOT NULL, at TEXT NOT NULL, level TEXT NOT NULL, type TEXT NOT NULL,
            message TEXT NOT NULL, data TEXT, UNIQUE (job_id, provider_event_id))""",
        """CREATE TABLE uploads (id TEXT PRIMARY KEY, owner TEXT NOT NULL, backend TEXT NOT NULL, account TEXT NOT NULL,
            sha256 TEXT NOT NULL, bytes BIGINT NOT NULL, state TEXT NOT NULL, file_id TEXT, updated_at TEXT NOT NULL,
            UNIQUE (owner, backend, account, sha256))""",
        """CREATE TABLE ledger (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, at TEXT NOT NULL, subject TEXT NOT NULL,
            kind TEXT NOT NULL, body TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL UNIQUE)""",
        "CREATE INDEX ledger_of_subject ON ledger (subject)",
    )
    if connection.dialect.name == "postgresql":
        _run(
            connection,
            """CREATE FUNCTION ledger_is_append_only() RETURNS trigger AS $$
                BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$ LANGUAGE plpgsql""",
            """CREATE TRIGGER ledger_kept BEFORE UPDATE OR DELETE ON ledger
                FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()""",
        )
    else:
        for verb in ("UPDATE", "DELETE"):
            _run(
                connection,
                f"""CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger
                    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
            )


@migration
def m002_pages(connection: Connection) -> None:
    """Decision records, what people decided on them, and read-only links to them."""
    _run(
        connection,
        """CREATE TABLE pages (id TEXT PRIMARY KEY, owner TEXT NOT NULL, case_id TEXT NOT NULL, digest TEXT NOT NULL,
            created_at TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (owner, case_id, digest))""",
        """CREATE TABLE page_decisions (id TEXT PRIMARY KEY, owner TEXT NOT NULL,
            page_id TEXT NOT NULL REFERENCES pages (id), digest TEXT NOT NULL, person TEXT NOT NULL,
            decision TEXT NOT NULL, comment TEXT NOT NULL, created_at TEXT NOT NULL)""",
        "CREATE INDEX decisions_of_page ON page_decisions (page_id)",
        """CREATE TABLE page_shares (id TEXT PRIMARY KEY, owner TEXT NOT NULL,
            page_id TEXT NOT NULL REFERENCES pages (id), token_sha256 TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL, revoked_at TEXT)""",
        "CREATE INDEX shares_of_page ON page_shares (page_id)",
    )


@migration
def m003_scoreboard(connection: Connection) -> None:
    """Advice as it was given, and what was measured later in the same case."""
    _run(
        connection,
        """CREATE TABLE advice (id TEXT PRIMARY KEY, owner TEXT NOT NULL, case_id TEXT NOT NULL,
            facts_digest TEXT NOT NULL, decision TEXT NOT NULL, technique TEXT, confidence TEXT NOT NULL,
            rule TEXT NOT NULL, rules_digest TEXT NOT NULL, given_at TEXT NOT NULL)""",
        "CREATE INDEX advice_of_owner ON advice (owner, given_at)",
        """CREATE TABLE outcomes (id TEXT PRIMARY KEY, owner TEXT NOT NULL, case_id TEXT NOT NULL,
            source TEXT NOT NULL, findings TEXT NOT NULL, n INTEGER NOT NULL, measured_at TEXT NOT NULL)""",
        "CREATE INDEX outcomes_of_owner ON outcomes (owner, measured_at)",
    )
