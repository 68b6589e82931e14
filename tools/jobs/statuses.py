"""The provider's words for where a job stands, and ours."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import RowMapping

from knowledge.thresholds import threshold
from tools.jobs.models import GONE, TERMINAL

PAUSED = re.compile(r"\b(has been |was |is |job )paused\b", re.IGNORECASE)
RESUMED = re.compile(r"\b(has been |was |is |job )resumed\b", re.IGNORECASE)
SAME = {
    "validating_files": "validating_files",
    "queued": "queued",
    "running": "running",
    "paused": "paused",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    # Words of others on the same wire.
    "pending": "queued",
    "created": "queued",
    "notrunning": "queued",
    "inprogress": "running",
    "completed": "succeeded",
    "success": "succeeded",
    "error": "failed",
    "canceled": "cancelled",
    # Google, without the JOB_STATE_ before each.
    "cancelling": "running",
    "expired": "failed",
    "partially_succeeded": "succeeded",
    "updating": "running",
    # Together.
    "compressing": "running",
    "uploading": "running",
    "cancel_requested": "running",
    "user_error": "failed",
    # Hugging Face Jobs.
    "scheduling": "queued",
    "deleted": "cancelled",
    # Ray Jobs.
    "stopped": "cancelled",
}


def with_events(status: str, messages: Iterable[str]) -> str:
    """A pause has no status of its own on the wire: a running job whose last word on it is "paused" is paused.

    Args:
        status: our word for what the provider says.
        messages: of its events, the oldest first.
    """
    if status != "running":
        return status
    last = None
    for message in messages:
        last = (PAUSED.search(message) or RESUMED.search(message)) or last
    return "paused" if last is not None and PAUSED.fullmatch(last[0]) else status


def unified(word: str) -> str:
    """Our word for it; one we do not know is kept as it is."""
    plain = word.lower().removeprefix("job_state_")
    return SAME.get(plain.replace("-", "_"), SAME.get(plain.replace("_", ""), word))


def contact_lost(row: Mapping[str, Any] | RowMapping) -> bool:
    """Whether the provider has not found the job, or has not answered, too often in a row to wait for it."""
    silent = int(row["document"].get("errors") or 0) >= threshold("jobs.missing_polls")
    return row["status"] in ("lost_contact", GONE) or (silent and row["status"] not in TERMINAL)
