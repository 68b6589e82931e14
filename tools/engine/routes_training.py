"""Files and fine-tuning jobs, as OpenAI's wire has them."""

import re
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Body, File, Form, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from tools.engine import files, grading, jobs, models, recipe
from tools.engine.runner import Runner
from tools.engine.wire import CreateJob, WireError, page


def _runner(request: Request) -> Runner:
    runner: Runner = request.app.state.runner
    return runner


router = APIRouter(prefix="/v1")


@router.post("/files")
def upload(file: Annotated[UploadFile, File()], purpose: Annotated[str, Form()]) -> dict[str, Any]:
    """Take a training file."""
    return files.save(file.file, file.filename or "", purpose)


@router.get("/files")
def list_files(
    purpose: str | None = None, after: str | None = None, limit: int | None = None, order: str = "desc"
) -> dict[str, Any]:
    """All files."""
    return page(files.everything(purpose, order), after, limit, default=10_000)


@router.get("/files/{file_id}")
def get_file(file_id: str) -> dict[str, Any]:
    """One file's description."""
    return files.get(file_id)


@router.get("/files/{file_id}/content")
def file_content(file_id: str) -> FileResponse:
    """One file's bytes."""
    return FileResponse(files.content(file_id), media_type="application/octet-stream")


@router.delete("/files/{file_id}")
def delete_file(file_id: str) -> dict[str, Any]:
    """Remove one file, unless a job still needs it."""
    for job in jobs.everything():
        if job.status in ("queued", "validating_files") and file_id in (
            job.request.training_file,
            job.request.validation_file,
        ):
            raise WireError(409, f"Job {job.id} still needs this file. Cancel it first.", code="file_in_use")
    files.delete(file_id)
    return {"id": file_id, "object": "file", "deleted": True}


@router.post("/fine_tuning/jobs")
def create(body: CreateJob, request: Request) -> dict[str, Any]:
    """Queue a job; with metadata.ft_launch the same key gives the same job."""
    if body.method.type == "reinforcement":
        _check_grader(body.method.settings.grader)
    if body.suffix and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", body.suffix):
        raise WireError(400, "A suffix is letters, digits, '.', '_' and '-'.", code="invalid_suffix", param="suffix")
    if body.integrations:
        raise WireError(400, "The local engine has no integrations.", code="unsupported", param="integrations")
    recipe.asked(body)
    for param in ("training_file", "validation_file"):
        file_id = getattr(body, param)
        if file_id is None:
            continue
        try:
            purpose = files.get(file_id)["purpose"]
        except WireError as e:
            raise WireError(400, f"{e.message} Upload it first.", code="invalid_file", param=param) from None
        if purpose != "fine-tune":
            raise WireError(400, f"{file_id} was not uploaded for 'fine-tune'.", code="invalid_file", param=param)
    base, adapter = models.weights(body.model)
    seed = body.seed if body.seed is not None else recipe.default("seed")
    job, new = jobs.create(body, base, seed, str(adapter) if adapter else None)
    if new:
        jobs.say(job.folder, f"Created the job; it will train {body.model} on {body.training_file}.")
        _runner(request).wake()
    return jobs.view(job)


def _check_grader(given: dict[str, Any] | None) -> None:
    try:
        grading.parse(given)
    except WireError as e:
        e.param = f"method.reinforcement.{e.param}"
        raise


@router.get("/fine_tuning/jobs")
def list_jobs(request: Request, after: str | None = None, limit: int | None = None) -> dict[str, Any]:
    """All jobs, newest first; `metadata[k]=v` keeps those that have it, `metadata=null` those without any."""
    wanted = {m[1]: v for k, v in request.query_params.multi_items() if (m := re.fullmatch(r"metadata\[(.*)\]", k))}
    none = request.query_params.get("metadata") == "null"
    found = [
        jobs.view(job)
        for job in jobs.everything()
        if all(job.request.metadata.get(k) == v for k, v in wanted.items()) and not (none and job.request.metadata)
    ]
    return page(found, after, limit)


@router.get("/fine_tuning/jobs/{job_id}")
def get_job(job_id: str) -> dict[str, Any]:
    """One job."""
    return jobs.view(jobs.get(job_id))


@router.post("/fine_tuning/jobs/{job_id}/cancel")
def cancel(job_id: str, request: Request) -> dict[str, Any]:
    """Stop a job; its processes are gone when this answers."""
    return jobs.view(_runner(request).cancel(job_id))


@router.post("/fine_tuning/jobs/{job_id}/pause")
@router.post("/fine_tuning/jobs/{job_id}/resume")
def pause(job_id: str) -> None:
    """Say honestly that this cannot be done here."""
    jobs.get(job_id)
    raise WireError(400, "The local engine cannot pause a job. Cancel it, or let it run.", code="unsupported")


@router.get("/fine_tuning/jobs/{job_id}/events")
def events(job_id: str, after: str | None = None, limit: int | None = None) -> dict[str, Any]:
    """What happened, newest first."""
    return page(jobs.events(jobs.get(job_id)), after, limit)


@router.get("/fine_tuning/jobs/{job_id}/checkpoints")
def checkpoints(job_id: str, after: str | None = None, limit: int | None = None) -> dict[str, Any]:
    """Adapters saved on the way, newest first."""
    return page(jobs.checkpoints(jobs.get(job_id)), after, limit, default=10)


@router.get("/fine_tuning/jobs/{job_id}/engine/first_batch")
def first_batch(job_id: str) -> FileResponse:
    """Not OpenAI's: which tokens of the first rows are trained."""
    path = jobs.get(job_id).folder / "first_batch.json"
    if not path.is_file():
        raise WireError(404, "The job has not prepared its first batch.", code="not_found")
    return FileResponse(path, media_type="application/json")


class RunGrader(BaseModel):
    """The body of POST /v1/fine_tuning/alpha/graders/run."""

    grader: dict[str, Any]
    model_sample: str
    item: dict[str, Any] = {}


@router.post("/fine_tuning/alpha/graders/validate")
def validate_grader(grader: Annotated[dict[str, Any], Body(embed=True)]) -> dict[str, Any]:
    """Say whether a grader can be used here."""
    grading.parse(grader)
    return {"grader": grader}


@router.post("/fine_tuning/alpha/graders/run")
def run_grader(body: RunGrader) -> dict[str, Any]:
    """Grade one answer, to see what a grader does before a job is paid for with hours."""
    return grading.tried(grading.parse(body.grader), body.model_sample, body.item)


def new_token() -> str:
    """A bearer token that cannot be guessed."""
    return secrets.token_urlsafe(32)
