"""What every backend can do, and the four ways in which sending a job can end."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Protocol

from tools.jobs.models import Envelope

KEY, ATTEMPT = "ft_launch", "ft_attempt"
"""Metadata names by which a job is found again when the answer to its creation was lost."""


CLEAR_REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 410, 411, 413, 414, 415, 422, 501})
"""Statuses after which no job exists. 408, 409 and every other 5xx leave it open."""


def definite(status: int, *, reason_given: bool) -> bool:
    """Whether an answer to a creation is a clear no. A 429 only counts with a reason from the provider itself."""
    return status in CLEAR_REFUSALS or 300 <= status < 400 or (status == 429 and reason_given)


def utc(at: datetime) -> datetime:
    """A provider's moment, aware: one without a zone is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a provider asks to wait; None when it does not say a number."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def one_line(words: object) -> str:
    """A provider's own words, on one line and not endless."""
    return " ".join(str(words).split())[:500]


class RemoteJob(NamedTuple):
    """A job as the provider describes it."""

    id: str
    status: str
    created_at: datetime
    model: str
    training_file: str | None = None
    metadata: dict[str, str] | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    finished_at: datetime | None = None
    estimated_finish: datetime | None = None
    error: dict[str, Any] | None = None
    result_files: tuple[str, ...] = ()
    extra: dict[str, Any] | None = None
    """What a server says beyond the wire (the local engine: progress and cost)."""


class RemoteEvent(NamedTuple):
    """One event as the provider gives it."""

    id: str
    at: datetime
    level: str
    type: str
    message: str
    data: dict[str, Any] | None


class CreateRequest(NamedTuple):
    """One creation: everything in it was read from the approved plan."""

    launch_key: str
    attempt: int
    envelope: Envelope
    training_file: str
    validation_file: str | None


class Search(NamedTuple):
    """How to find a job whose creation was not answered."""

    launch_key: str
    model: str
    training_file: str | None
    """None: only a job that bears the key itself is meant."""
    sent_from: datetime
    sent_until: datetime


class BackendError(Exception):
    """Sending ended in a known way; `message` is for the person."""

    def __init__(self, message: str, *, code: str = "", retry_after_s: float | None = None) -> None:
        self.message, self.code, self.retry_after_s = message, code, retry_after_s
        super().__init__(message)


class Refused(BackendError):
    """The provider clearly said no: nothing was created and nothing is owed."""


class NotSent(BackendError):
    """The provider was never reached: not one byte of the request left."""


class Unanswered(BackendError):
    """The request may have arrived: nobody can tell yet whether a job exists."""


class Missing(BackendError):
    """The provider does not know this id."""


class Unreachable(BackendError):
    """Reading failed; it may be repeated at will."""


def no_pause(place: str) -> Refused:
    """What a place without pausing says to it."""
    return Refused(f"{place} cannot pause a job; it can be cancelled", code="not_supported")


class Backend(Protocol):
    """A place that trains. Reading methods raise Missing or Unreachable; AdvisorError when it cannot be set up."""

    name: str
    paid: bool
    """Whether jobs here cost money."""
    idempotent: bool
    """The same launch key can never make a second job here, and a listing shows every job at once."""
    techniques: frozenset[str]
    pauses: bool
    """Whether a running job can be paused there and resumed."""
    events_ordered: bool
    """Whether events() is strictly the newest first, so that reading may stop at the first known one."""
    default_base: str | None
    default_tier: str | None
    """The training tier that is priced and sent when none is named; None: the provider has no tiers."""

    def account(self) -> str:
        """Which account would be billed: stable, and without any secret in it."""

    def retires_on(self, base_model: str) -> date | None:
        """The day the base is shut down, as the provider says now; None when it does not say.

        Raises:
            Refused: the base does not exist there or cannot be tuned.
        """

    def find_file(self, name: str, size: int) -> str | None:
        """The id of a file of this name and size uploaded before."""

    def has_file(self, file_id: str) -> bool:
        """Whether an uploaded file is still there."""

    def upload(self, name: str, content: bytes) -> str:
        """Send a file, once; its id. Raises Refused, NotSent or Unanswered."""

    def create(self, request: CreateRequest) -> RemoteJob:
        """Send the job with exactly one request. Raises Refused, NotSent or Unanswered."""

    def find(self, search: Search) -> list[RemoteJob]:
        """Every job that the search may mean, the oldest first."""

    def retrieve(self, job_id: str) -> RemoteJob:
        """The job now."""

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """Its events, the newest first where `events_ordered`, read page by page as they are asked for."""

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """Its checkpoints with their metrics."""

    def results(self, job: RemoteJob) -> bytes | None:
        """The results file, once there is one."""

    def cancel(self, job_id: str) -> RemoteJob:
        """Ask it to stop. Raises Refused when it cannot."""

    def pause(self, job_id: str) -> RemoteJob:
        """Ask it to wait and keep what it has. Raises Refused when it cannot."""

    def resume(self, job_id: str) -> RemoteJob:
        """Ask a paused job to go on. Raises Refused when it cannot."""
