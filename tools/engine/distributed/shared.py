"""The folder that this computer and every node of a cluster see: jobs and data in, events and the adapter out.

It has the form of a home folder of the engine, and is one to the nodes: ADVISOR_HOME is set to it there.

STORAGE/engine/files/ID    data as it was approved
STORAGE/engine/jobs/ID     one job, as in tools/engine/jobs.py
STORAGE/engine/ray/ID      states of the optimiser, while the job runs
STORAGE/models/NAME        base models
"""

import hashlib
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from pydantic import Field

from tools import workspace
from tools.engine import models, paths
from tools.engine.durable import read_json, sync_folder, write_bytes, write_json
from tools.engine.jobs import LAUNCH_KEY, Job
from tools.engine.wire import CreateJob
from tools.errors import InputError

STORAGE_SETTING = "ADVISOR_RAY_STORAGE"


class Placed(Job):
    """A job in the shared folder."""

    storage: Path = Field(exclude=True)

    @property
    def folder(self) -> Path:
        """Where the job lives."""
        return self.storage / "engine" / "jobs" / self.id


def storage() -> Path:
    """ADVISOR_RAY_STORAGE, by default a folder of the home folder (enough for nodes on this computer).

    Raises:
        InputError: it is no absolute path, or cannot be written.
    """
    given = os.environ.get(STORAGE_SETTING, "").strip()
    folder = Path(given).expanduser() if given else workspace.folder("ray")
    try:
        if not folder.is_absolute():
            raise InputError("not an absolute path", where=STORAGE_SETTING, remedy="Every node has to find it there.")
        for part in (("engine", "files"), ("engine", "jobs"), ("models",)):
            folder.joinpath(*part).mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as e:
        remedy = "Mount it, or name another one: a folder that this computer and every node can write."
        raise InputError(f"cannot be written ({e.strerror})", where=f"{STORAGE_SETTING} {folder}", remedy=remedy) from e
    return folder


def put_file(storage: Path, name: str, content: bytes) -> str:
    """Store a data file whole; its id, which follows from name and content."""
    digest = hashlib.sha256(content).hexdigest()
    file_id = _file_id(name, len(content))
    folder = storage / "engine" / "files" / file_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_bytes(folder / "content", content)
    known = {"id": file_id, "filename": name, "bytes": len(content), "sha256": digest, "purpose": "fine-tune"}
    write_json(folder / "meta.json", known)
    return file_id


def find_file(storage: Path, name: str, size: int) -> str | None:
    """The id of a file of this name and size."""
    file_id = _file_id(name, size)
    return file_id if has_file(storage, file_id) else None


def has_file(storage: Path, file_id: str) -> bool:
    """Whether it is there, whole."""
    folder = storage / "engine" / "files" / file_id
    known = read_json(folder / "meta.json") if file_id.replace("-", "").isalnum() else None
    return known is not None and (folder / "content").stat().st_size == known["bytes"]


def _file_id(name: str, size: int) -> str:
    return f"file-{hashlib.sha256(f'{name} {size}'.encode()).hexdigest()[:24]}"


def id_of(launch_key: str) -> str:
    """The job's id: from the launch key alone, so that the same launch can never be two jobs."""
    return f"ftjob-{hashlib.sha256(f'{LAUNCH_KEY}={launch_key}'.encode()).hexdigest()[:24]}"


def place(storage: Path, request: CreateJob, seed: int) -> Placed:
    """Write a job and what it starts from; one that stands is left as it is.

    Raises:
        WireError: 404 when the base is not known here.
    """
    job_id = id_of(request.metadata[LAUNCH_KEY])
    if (found := get(storage, job_id)) is not None:
        return found
    weights = models.weights(request.model)
    job = Placed(
        id=job_id,
        created_at=int(time.time()),
        request=request,
        base=_base(storage, weights.base),
        seed=seed,
        storage=storage,
        start_adapter=str(storage / "engine" / "jobs" / job_id / "start") if weights.adapter else None,
    )
    beside = job.folder.with_name(f".new-{secrets.token_hex(6)}")
    beside.mkdir(mode=0o700)
    try:
        if weights.adapter:
            shutil.copytree(weights.adapter, beside / "start")
        write_json(beside / "job.json", job.model_dump(mode="json"))
        _move(beside, job.folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return job


def _base(storage: Path, base: str) -> str:
    """Where the nodes find the base: a model of this home folder is copied; another folder, or a hub name, stays."""
    folder = Path(base)
    if not folder.is_absolute() or folder.parent != paths.models():
        return base
    target = storage / "models" / folder.name
    if folder.is_dir() and not target.exists():
        beside = target.with_name(f".{folder.name}-{secrets.token_hex(4)}")
        try:
            shutil.copytree(folder, beside)
            _move(beside, target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return str(target)  # the packaged model that was never used here is unpacked by the nodes


def get(storage: Path, job_id: str) -> Placed | None:
    """A job of the shared folder."""
    stored = read_json(storage / "engine" / "jobs" / job_id / "job.json") if _is_id(job_id) else None
    return None if stored is None else Placed.model_validate({**stored, "storage": storage})


def _is_id(job_id: str) -> bool:
    return job_id.startswith("ftjob-") and job_id.removeprefix("ftjob-").isalnum()


def outcome(job: Placed) -> dict[str, Any] | None:
    """The training's last word."""
    return read_json(job.folder / "outcome.json")


LEFT = ("start", "train.log")
"""Not collected: the tuned model does not need them."""


def collect(job: Placed) -> None:
    """Copy a finished job into this home's engine, which then answers with its model like with one trained here.

    Raises:
        OSError: there is no room.
    """
    target = paths.jobs() / job.id
    if target.exists():
        return
    told = outcome(job) or {}
    base = Path(job.base)
    if base.parent == job.storage / "models":
        base = paths.models() / base.name
        if not base.exists() and Path(job.base).is_dir():
            shutil.copytree(job.base, base)
    values = {"base": str(base) if Path(job.base).is_absolute() else job.base, "status": told["status"]}
    finished = int((job.folder / "outcome.json").stat().st_mtime)
    local = Job.model_validate(
        {**job.model_dump(mode="json"), **values, "start_adapter": None, "finished_at": finished}
    )
    beside = target.with_name(f".collect-{secrets.token_hex(6)}")
    try:
        shutil.copytree(job.folder, beside, ignore=shutil.ignore_patterns(*LEFT))
        write_json(beside / "job.json", local.model_dump(mode="json"))
        _move(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move(beside: Path, target: Path) -> None:
    """Appear in one step; whoever was first stays."""
    try:
        beside.rename(target)
        sync_folder(target.parent)
    except OSError:
        if not target.exists():
            raise
