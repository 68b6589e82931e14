"""The job store: one folder a job. Only the server writes job.json; the training process writes the rest.

job.json           what was asked, and the status as the server last decided it
resolved.json      the numbers "auto" became (training process)
progress.json      step, total, seconds left (training process)
outcome.json       the training process's last word: succeeded or failed, and what it cost
events.jsonl       both append; the id of an event is its line
checkpoints.jsonl  checkpoints/step-N/ adapter/ first_batch.json results.csv train.log
"""

import hashlib
import json
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools.engine import paths
from tools.engine.durable import append_line, read_json, read_lines, sync_folder, write_json
from tools.engine.processes import ProcessId
from tools.engine.wire import TERMINAL, CreateJob, Status, WireError, not_found

LAUNCH_KEY = "ft_launch"
"""Metadata key of the launch protocol: the same value never makes a second job."""

_lock = threading.RLock()


class Job(BaseModel):
    """What job.json holds."""

    id: str
    created_at: int
    request: CreateJob
    base: str
    """Folder or hub name that `request.model` stands for."""
    seed: int
    start_adapter: str | None = None
    """Folder of an earlier adapter to go on from."""
    status: Status = "queued"
    started_at: float | None = None
    finished_at: int | None = None
    process: ProcessId | None = None
    error: dict[str, Any] | None = None
    result_files: list[str] = []

    @property
    def folder(self) -> Path:
        """Where the job lives."""
        return paths.jobs() / self.id

    @property
    def fine_tuned_model(self) -> str:
        """The name its model has once it succeeded."""
        asked = self.request.model
        label = asked.split(":")[1] if asked.startswith("ft:") else asked.rstrip("/").split("/")[-1]
        return f"ft:{label}:{self.request.suffix or ''}:{self.id.removeprefix('ftjob-')[:8]}"

    @property
    def base_label(self) -> str:
        """Short name of the base."""
        return self.base.rstrip("/").split("/")[-1]

    def save(self) -> None:
        """Write job.json; a status that is final stays."""
        with _lock:
            stored = read_json(self.folder / "job.json")
            if stored and stored["status"] in TERMINAL and stored["status"] != self.status:
                raise WireError(409, f"Job {self.id} has already {stored['status']}.", code="job_finished")
            write_json(self.folder / "job.json", self.model_dump(mode="json"))


def create(request: CreateJob, base: str, seed: int, start_adapter: str | None = None) -> tuple[Job, bool]:
    """Store a new job, or find the one this launch key already made. Returns (job, whether it is new).

    Raises:
        WireError: 409 when the key was used for a different request.
    """
    key = request.metadata.get(LAUNCH_KEY)
    tail = hashlib.sha256(f"{LAUNCH_KEY}={key}".encode()).hexdigest()[:24] if key else secrets.token_hex(12)
    now = int(time.time())
    job = Job(id=f"ftjob-{tail}", created_at=now, request=request, base=base, seed=seed, start_adapter=start_adapter)
    beside = paths.jobs() / f".new-{secrets.token_hex(6)}"
    beside.mkdir(mode=0o700)
    try:
        write_json(beside / "job.json", job.model_dump(mode="json"))
        beside.rename(job.folder)  # fails when the folder exists and holds anything: that job came first
        sync_folder(paths.jobs())
    except OSError:
        if not job.folder.exists():
            raise
        earlier = get(job.id)
        if _essence(earlier.request) != _essence(request):
            message = f"metadata.{LAUNCH_KEY} was already used for another request (job {job.id})."
            raise WireError(409, message, code="idempotency_key_reused", param=f"metadata.{LAUNCH_KEY}") from None
        return earlier, False
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return job, True


def _essence(request: CreateJob) -> str:
    content = request.model_dump(mode="json", exclude={"metadata"})
    content["metadata"] = {k: v for k, v in request.metadata.items() if k != "ft_attempt"}
    return json.dumps(content, sort_keys=True)


def get(job_id: str) -> Job:
    """One job.

    Raises:
        WireError: 404.
    """
    if not job_id.startswith("ftjob-") or not job_id.removeprefix("ftjob-").isalnum():
        raise not_found("fine-tuning job", job_id)
    stored = read_json(paths.jobs() / job_id / "job.json")
    if stored is None:
        raise not_found("fine-tuning job", job_id)
    return Job.model_validate(stored)


def everything() -> list[Job]:
    """All jobs, newest first."""
    stored = [read_json(path) for path in paths.jobs().glob("ftjob-*/job.json")]
    found = [Job.model_validate(s) for s in stored if s]
    return sorted(found, key=lambda j: (j.created_at, j.id), reverse=True)


def say(folder: Path, message: str, *, level: str = "info", data: dict[str, Any] | None = None) -> None:
    """Append one event; with `data` that has a step it is a metrics event."""
    kind = "metrics" if data and "step" in data else "message"
    row = {"at": int(time.time()), "level": level, "type": kind, "message": message, "data": data or {}}
    append_line(folder / "events.jsonl", row)


def events(job: Job) -> list[dict[str, Any]]:
    """All events on the wire's form, newest first."""
    tail = job.id.removeprefix("ftjob-")
    found = [
        {
            "id": f"ftevent-{tail}-{number:06d}",
            "object": "fine_tuning.job.event",
            "created_at": row["at"],
            "level": row["level"],
            "message": row["message"],
            "type": row["type"],
            "data": row["data"],
        }
        for number, row in read_lines(job.folder / "events.jsonl")
    ]
    return found[::-1]


def checkpoints(job: Job) -> list[dict[str, Any]]:
    """All checkpoints on the wire's form, newest first."""
    name, tail = job.fine_tuned_model, job.id.removeprefix("ftjob-")
    found = [
        {
            "id": f"ftckpt-{tail}-{row['step']}",
            "object": "fine_tuning.job.checkpoint",
            "created_at": row["at"],
            "fine_tuned_model_checkpoint": f"{name}:ckpt-step-{row['step']}",
            "fine_tuning_job_id": job.id,
            "step_number": row["step"],
            "metrics": row["metrics"],
        }
        for _, row in read_lines(job.folder / "checkpoints.jsonl")
    ]
    return found[::-1]


def view(job: Job) -> dict[str, Any]:
    """The job on the wire's form."""
    resolved = read_json(job.folder / "resolved.json") or {}
    outcome = read_json(job.folder / "outcome.json") or {}
    progress = read_json(job.folder / "progress.json") or {}
    asked = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    asked |= job.request.hyperparameters or {}
    asked |= job.request.method.settings.hyperparameters
    shown = {k: resolved.get("values", {}).get(k, v) for k, v in asked.items()}
    method: dict[str, Any] = {"type": job.request.method.type, job.request.method.type: {"hyperparameters": shown}}
    if job.request.method.settings.grader:
        method[job.request.method.type]["grader"] = job.request.method.settings.grader
    done = job.status == "succeeded"
    return {
        "id": job.id,
        "object": "fine_tuning.job",
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "estimated_finish": progress.get("estimated_finish") if job.status == "running" else None,
        "model": job.request.model,
        "fine_tuned_model": job.fine_tuned_model if done else None,
        "organization_id": "org-local",
        "status": job.status,
        "training_file": job.request.training_file,
        "validation_file": job.request.validation_file,
        "result_files": job.result_files,
        "seed": job.seed,
        "trained_tokens": outcome.get("trained_tokens") if done else None,
        "hyperparameters": {k: shown[k] for k in ("n_epochs", "batch_size", "learning_rate_multiplier")},
        "method": method,
        "metadata": job.request.metadata or None,
        "integrations": [],
        "error": job.error,
        # Not OpenAI's: what the run cost this computer, and each number's origin. Clients keep unknown fields.
        "engine": {"progress": progress, "cost": outcome.get("cost"), "resolved": resolved},
    }
