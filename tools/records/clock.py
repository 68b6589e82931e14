"""The one clock of what is recorded, so that a test can turn it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time now, UTC."""
    return datetime.now(UTC)
