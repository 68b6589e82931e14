"""The local engine: the same wire, on this computer, free, and idempotent by the launch key.

The client of the wire is loaded when the engine is first spoken to: planning needs neither.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tools.engine.paths import local_base
from tools.jobs.backends.base import CreateRequest, RemoteEvent, RemoteJob, Search, no_pause

if TYPE_CHECKING:
    from tools.jobs.backends.openai_wire import WireBackend


class LocalBackend:
    """Jobs on this computer; the engine is started when it is first asked."""

    name = "local"
    paid = False
    idempotent = True
    techniques = frozenset({"sft", "dpo", "rft"})
    pauses = False
    events_ordered = True
    default_tier: str | None = None

    def __init__(self) -> None:
        self.default_base: str | None = local_base()

    @cached_property
    def _wire(self) -> "WireBackend":
        from tools.jobs.backends.openai_wire import WireBackend

        return WireBackend(self.name, _address, paid=False, idempotent=True)

    def account(self) -> str:
        """Nobody is billed."""
        return "this computer"

    def retires_on(self, base_model: str) -> date | None:
        """A folder on this computer is not shut down."""
        return None

    def find_file(self, name: str, size: int) -> str | None:
        """By name and size."""
        return self._wire.find_file(name, size)

    def has_file(self, file_id: str) -> bool:
        """Whether it is still there."""
        return self._wire.has_file(file_id)

    def upload(self, name: str, content: bytes) -> str:
        """One request."""
        return self._wire.upload(name, content)

    def create(self, request: CreateRequest) -> RemoteJob:
        """One request; the engine makes the job's id from the launch key."""
        return self._wire.create(request)

    def find(self, search: Search) -> list[RemoteJob]:
        """By metadata."""
        return self._wire.find(search)

    def retrieve(self, job_id: str) -> RemoteJob:
        """The job now."""
        return self._wire.retrieve(job_id)

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """Newest first."""
        return self._wire.events(job_id)

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """As the wire gives them."""
        return self._wire.checkpoints(job_id)

    def results(self, job: RemoteJob) -> bytes | None:
        """The results file."""
        return self._wire.results(job)

    def cancel(self, job_id: str) -> RemoteJob:
        """Stop it; its processes are gone when this returns."""
        return self._wire.cancel(job_id)

    def pause(self, job_id: str) -> RemoteJob:
        """Not here: cancel it and continue from its adapter."""
        raise no_pause("this computer")

    def resume(self, job_id: str) -> RemoteJob:
        """Not here."""
        raise no_pause("this computer")


def _address() -> tuple[str, str]:
    from tools.engine.control import ensure_running

    engine = ensure_running()
    return engine.base_url, engine.token.get_secret_value()
