"""A Ray cluster, through Ray Jobs: this product's own training as a Ray Train run on several machines.

What a job needs goes two ways. Our code is the job's `py_modules` (Ray's own package store); data, base, states and the
adapter go through one folder that this computer and every node see (tools/engine/distributed/shared.py). The submission
id follows from the launch key, so Ray itself refuses a second submission of one approval.
"""

import contextlib
import importlib.util
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from knowledge.thresholds import threshold
from tools.engine import jobs as engine_jobs
from tools.engine import processes, recipe
from tools.engine.distributed import shared
from tools.engine.paths import local_base
from tools.engine.wire import CreateJob, Status, WireError
from tools.errors import InputError, UnavailableError
from tools.jobs.backends.base import (
    ATTEMPT,
    KEY,
    CreateRequest,
    Missing,
    Refused,
    RemoteEvent,
    RemoteJob,
    Search,
    Unanswered,
    Unreachable,
    no_pause,
    one_line,
)

if TYPE_CHECKING:
    from tools.jobs.backends.ray_client import Client

ADDRESS = "ADVISOR_RAY_ADDRESS"
DEFAULT_ADDRESS = "http://127.0.0.1:8265"
ENTRYPOINT = "python -m tools.engine.distributed.on_ray"
"""Ray gives this to a shell: a constant, for what a job is comes in its environment and its folder."""
FINAL = frozenset({"STOPPED", "SUCCEEDED", "FAILED"})
"""Ray's own words for a job that has ended; the others are PENDING and RUNNING."""

AS_HERE: dict[str, Status] = {"SUCCEEDED": "succeeded", "RUNNING": "running"}
"""The engine's word, where its view of a job depends on it."""


class RayBackend:
    """One cluster."""

    name = "ray"
    paid = False
    idempotent = True
    techniques = frozenset({"sft", "dpo", "rft"})
    pauses = False
    events_ordered = True
    default_tier: str | None = None

    def __init__(self) -> None:
        if importlib.util.find_spec("ray") is None:  # not imported yet: planning needs no cluster
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        self.default_base: str | None = local_base()
        self._address = os.environ.get(ADDRESS, "").strip().rstrip("/") or DEFAULT_ADDRESS
        if urlsplit(self._address).scheme not in ("http", "https") or not urlsplit(self._address).netloc:
            raise InputError(
                f"{self._address!r} is no address of a Ray dashboard", where=ADDRESS, remedy=f"Like {DEFAULT_ADDRESS}"
            )
        self._storage = shared.storage()

    @cached_property
    def _client(self) -> "Client":
        from tools.jobs.backends.ray_client import Client

        return Client(self._address)

    def account(self) -> str:
        """Nobody is billed; which cluster, and which folder it shares."""
        return f"{urlsplit(self._address).netloc} {self._storage}"

    def retires_on(self, base_model: str) -> date | None:
        """Weights in a folder are not shut down."""
        return None

    def find_file(self, name: str, size: int) -> str | None:
        """In the shared folder."""
        return shared.find_file(self._storage, name, size)

    def has_file(self, file_id: str) -> bool:
        """In the shared folder."""
        return shared.has_file(self._storage, file_id)

    def upload(self, name: str, content: bytes) -> str:
        """Into the shared folder."""
        try:
            return shared.put_file(self._storage, name, content)
        except OSError as e:
            raise Refused(f"the shared folder cannot be written ({e.strerror})", code="storage") from e

    def create(self, request: CreateRequest) -> RemoteJob:
        """The job into the shared folder, then one request to Ray. A job that stands already is this one."""
        settings = dict(request.envelope.hyperparameters)
        workers = int(settings.pop("workers", 1))
        job = self._place(request, settings)
        metadata = {KEY: request.launch_key, ATTEMPT: str(request.attempt)}
        with contextlib.suppress(FileExistsError):  # an earlier request of this launch arrived
            self._client.submit(job.id, ENTRYPOINT, self._environment(job, workers), metadata)
        try:
            return self.retrieve(job.id)
        except (Missing, Unreachable) as e:
            raise Unanswered(f"Ray took the job and does not show it ({e.message})") from e

    def _place(self, request: CreateRequest, hyperparameters: dict[str, Any]) -> shared.Placed:
        plan = request.envelope
        part: dict[str, Any] = {"hyperparameters": hyperparameters}
        if plan.grader is not None:
            part["grader"] = plan.grader
        try:
            wanted = CreateJob.model_validate(
                {
                    "model": plan.base_model,
                    "training_file": request.training_file,
                    "validation_file": request.validation_file,
                    "method": {"type": plan.method, plan.method: part},
                    "seed": plan.seed,
                    "suffix": plan.suffix,
                    "metadata": {KEY: request.launch_key},
                }
            )
            recipe.asked(wanted)
            job = shared.place(self._storage, wanted, plan.seed)
        except WireError as e:
            raise Refused(e.message, code=e.code or str(e.status)) from e
        except OSError as e:
            raise Refused(f"the shared folder cannot be written ({e.strerror})", code="storage") from e
        if not engine_jobs.events(job):
            engine_jobs.say(job.folder, f"The job stands in the shared folder; it is sent to Ray at {self._address}.")
        return job

    def _environment(self, job: shared.Placed, workers: int) -> dict[str, str]:
        """What the nodes are told; nothing in it was typed by a person but the folder's name."""
        return processes.QUIET | {
            "ADVISOR_HOME": str(self._storage),
            "ADVISOR_RAY_JOB": job.id,
            "ADVISOR_RAY_WORKERS": str(workers),
            "HF_HOME": str(self._storage / "models" / ".hub"),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_TRAIN_V2_ENABLED": "1",
        }

    def find(self, search: Search) -> list[RemoteJob]:
        """The one job this launch can have."""
        try:
            return [self.retrieve(shared.id_of(search.launch_key))]
        except Missing:
            return []

    def retrieve(self, job_id: str) -> RemoteJob:
        """As Ray says it, with what the training wrote into the shared folder."""
        job = shared.get(self._storage, job_id)
        try:
            info = self._client.info(job_id)
        except (Missing, Unreachable):
            # A cluster forgets its jobs when it ends; the last word stands in the shared folder.
            if job is None or shared.outcome(job) is None:
                raise
            return self._read(job, None)
        if job is None:
            raise Unreachable(f"Ray has the job, but the shared folder {self._storage} does not hold it")
        return self._read(job, info)

    def _read(self, job: shared.Placed, info: Any) -> RemoteJob:
        told = shared.outcome(job)
        status = str(info.status) if info else {"succeeded": "SUCCEEDED"}.get((told or {})["status"], "FAILED")
        job.status = AS_HERE.get(status, "queued")
        if status == "SUCCEEDED":
            self._collect(job)
        view = engine_jobs.view(job)
        error = (told or {}).get("error")
        if status == "FAILED" and error is None:
            words = one_line(str(info.message or "").split("last available logs")[0]) if info else "no reason is known"
            error = {"code": str(getattr(info, "error_type", None) or "ray_failed"), "message": words}
        return RemoteJob(
            id=job.id,
            status=status,
            created_at=datetime.fromtimestamp(job.created_at, UTC),
            model=job.request.model,
            training_file=job.request.training_file,
            metadata=_ours(info.metadata) if info else job.request.metadata,
            fine_tuned_model=view["fine_tuned_model"],
            trained_tokens=view["trained_tokens"],
            finished_at=_finished(job, info) if status in FINAL else None,
            estimated_finish=_moment(view["estimated_finish"]),
            error=error if status == "FAILED" else None,
            result_files=("results.csv",) if (job.folder / "results.csv").is_file() else (),
            extra=view["engine"],
        )

    def _collect(self, job: shared.Placed) -> None:
        try:
            shared.collect(job)
        except OSError as e:
            raise UnavailableError(
                f"the tuned model cannot be copied here ({e.strerror})",
                remedy="Free some disk space; it is tried again.",
            ) from e

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """Newest first."""
        for e in engine_jobs.events(self._stored(job_id)):
            at = datetime.fromtimestamp(e["created_at"], UTC)
            yield RemoteEvent(e["id"], at, e["level"], e["type"], e["message"], e["data"])

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """The adapters kept on the way."""
        return engine_jobs.checkpoints(self._stored(job_id))

    def results(self, job: RemoteJob) -> bytes | None:
        """The curve's file."""
        path = self._stored(job.id).folder / "results.csv"
        return path.read_bytes() if path.is_file() else None

    def cancel(self, job_id: str) -> RemoteJob:
        """Ray ends the driver, and with it the workers."""
        now = self.retrieve(job_id)
        if now.status == "STOPPED":
            return now
        if now.status in FINAL:
            raise Refused(f"the job has ended already: {now.status}", code="job_finished")
        self._client.stop(job_id)
        until = time.monotonic() + threshold("jobs.read_timeout_s")
        while (now := self.retrieve(job_id)).status not in FINAL and time.monotonic() < until:
            time.sleep(0.2)
        shutil.rmtree(self._storage / "engine" / "ray" / job_id, ignore_errors=True)  # the optimiser's states
        return now

    def pause(self, job_id: str) -> RemoteJob:
        """Not here: cancel it and continue from its adapter."""
        raise no_pause("Ray")

    def resume(self, job_id: str) -> RemoteJob:
        """Not here."""
        raise no_pause("Ray")

    def _stored(self, job_id: str) -> shared.Placed:
        job = shared.get(self._storage, job_id)
        if job is None:
            raise Missing(f"the shared folder holds no job {job_id}")
        return job


def _ours(metadata: dict[str, str] | None) -> dict[str, str]:
    return {k: v for k, v in (metadata or {}).items() if k in (KEY, ATTEMPT)}


def _finished(job: shared.Placed, info: Any) -> datetime:
    if info is not None and info.end_time:
        return datetime.fromtimestamp(info.end_time / 1000, UTC)
    return datetime.fromtimestamp((job.folder / "outcome.json").stat().st_mtime, UTC)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
