"""The provider's words for where a job stands, and ours."""

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
}


def unified(word: str) -> str:
    """Our word for it; one we do not know is kept as it is."""
    return SAME.get(word.lower().replace("-", "_"), SAME.get(word.lower().replace("_", ""), word))
