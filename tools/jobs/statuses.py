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


def unified(word: str) -> str:
    """Our word for it; one we do not know is kept as it is."""
    plain = word.lower().removeprefix("job_state_")
    return SAME.get(plain.replace("-", "_"), SAME.get(plain.replace("_", ""), word))
