"""Hugging Face Jobs, through huggingface_hub: the exported TRL script on a rented GPU. The only file that sends there.

Data and script go to a private dataset repository of the account, the tuned model to a private bucket. The job carries
the launch key in its labels. No key of the person goes into the job.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, JobInfo, Volume, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

from knowledge.thresholds import threshold
from tools.jobs.backends.base import (
    ATTEMPT,
    KEY,
    CreateRequest,
    Missing,
    NotSent,
    Refused,
    RemoteEvent,
    RemoteJob,
    Search,
    Unanswered,
    Unreachable,
    definite,
    no_pause,
    one_line,
    retry_after,
    utc,
)

REPOSITORY, BUCKET = "finetune-advisor-data", "finetune-advisor-models"
IMAGE = "ghcr.io/astral-sh/uv:python3.12-bookworm"
MARK = "ADVISOR "
"""What the script's lines for us begin with; the rest of the log is the libraries'."""
TROUBLE = (HfHubHTTPError, httpx2.HTTPError, OfflineModeIsEnabled)
WORDS = {"COMPLETED": "succeeded", "ERROR": "failed", "CANCELED": "cancelled", "DELETED": "cancelled"}


class HuggingFaceBackend:
    """One namespace: a person or an organisation."""

    name = "huggingface"
    paid = True
    idempotent = False
    techniques = frozenset({"sft"})
    pauses = False
    events_ordered = False
    default_base: str | None = None
    default_tier: str | None = "a10g-small"

    def __init__(self, token: str, endpoint: str, namespace: str) -> None:
        _careful_client()
        self._endpoint, self._namespace = endpoint.rstrip("/"), namespace
        self._api = HfApi(endpoint=self._endpoint, token=token)

    def account(self) -> str:
        """The namespace is what is billed."""
        return f"{urlsplit(self._endpoint).netloc}/{self._namespace}"

    @property
    def _repository(self) -> str:
        return f"{self._namespace}/{REPOSITORY}"

    def retires_on(self, base_model: str) -> date | None:
        """Weights do not retire; whether the base is there and open to this account is asked.

        Raises:
            Refused: it is not, or only behind a form: the job runs without the person's key.
        """
        try:
            gated = self._api.model_info(base_model, timeout=threshold("jobs.read_timeout_s")).gated
        except RepositoryNotFoundError as e:
            raise Refused(f"there is no public base {base_model} on the hub", code="not_found") from e
        except TROUBLE as e:
            raise _reading(e) from e
        if gated:
            raise Refused(f"{base_model} is behind a form on the hub; the job runs without your key", code="gated")
        return None

    def find_file(self, name: str, size: int) -> str | None:
        """By name and size in the private repository."""
        try:
            found = self._api.get_paths_info(self._repository, [name], repo_type="dataset")
        except RepositoryNotFoundError:
            return None
        except TROUBLE as e:
            raise _reading(e) from e
        return name if any(getattr(f, "size", None) == size for f in found) else None

    def has_file(self, file_id: str) -> bool:
        """Whether it is still there."""
        try:
            return bool(self._api.get_paths_info(self._repository, [file_id], repo_type="dataset"))
        except RepositoryNotFoundError:
            return False
        except TROUBLE as e:
            raise _reading(e) from e

    def upload(self, name: str, content: bytes) -> str:
        """Into the private repository, made when it is not there; the same name is the same content."""
        try:
            self._api.create_repo(self._repository, repo_type="dataset", private=True, exist_ok=True)
            # One that was there before keeps its own visibility, whatever was asked for just now.
            if self._api.repo_info(self._repository, repo_type="dataset").private is not True:
                words = f"the repository {self._repository} can be read by everybody; nothing was sent, make it private"
                raise Refused(words, code="public")
            self._put(name, content)
        except Refused:
            raise
        except Exception as e:
            _sending(e)
        return name

    def _put(self, name: str, content: bytes) -> None:
        self._api.upload_file(
            path_or_fileobj=content, path_in_repo=name, repo_id=self._repository, repo_type="dataset",
            commit_message=name,
        )  # fmt: skip

    def create(self, request: CreateRequest) -> RemoteJob:
        """The script is laid beside the data, which costs nothing; then one request for the job."""
        from tools.jobs.export.trl import script

        plan = request.envelope
        place = f"jobs/{request.launch_key[:32]}"
        bucket = f"{self._namespace}/{BUCKET}"
        held = f"/data/{request.validation_file}" if request.validation_file else None
        text = script(plan, plan.base_model, f"/data/{request.training_file}", held, "/out/tuned")
        try:
            self._put(f"{place}/train.py", text.encode())
            self._api.create_bucket(bucket, private=True, exist_ok=True)
            if self._api.bucket_info(bucket).private is not True:
                raise NotSent(f"the bucket {bucket} can be read by everybody; make it private. No job was sent")
        except NotSent:
            raise
        except Exception as e:
            try:
                _sending(e)
            except Unanswered as lost:
                raise NotSent(f"the script could not be laid beside the data ({lost.message}); no job was sent") from e
        try:
            job = self._api.run_job(
                image=IMAGE,
                command=["uv", "run", f"/data/{place}/train.py"],
                flavor=plan.tier,
                timeout=int(float(plan.hyperparameters["timeout_hours"]) * 3600),
                attempts=1,
                name=f"ft-{request.launch_key[:12]}",
                labels={KEY: request.launch_key, ATTEMPT: str(request.attempt)},
                volumes=[
                    Volume(type="dataset", source=self._repository, mount_path="/data"),
                    Volume(type="bucket", source=bucket, mount_path="/out", path=place, read_only=False),
                ],
                namespace=self._namespace,
            )
            return self._job(job)
        except Unreachable as e:
            raise Unanswered(e.message) from e
        except Exception as e:
            _sending(e)

    def find(self, search: Search) -> list[RemoteJob]:
        """By label."""
        timeout = int(threshold("jobs.read_timeout_s"))
        labels = {KEY: search.launch_key}
        try:
            rows = list(self._api.list_jobs(labels=labels, namespace=self._namespace, timeout=timeout))
        except TROUBLE as e:
            raise _reading(e) from e
        found = [self._job(r) for r in rows if (r.labels or {}).get(KEY) == search.launch_key]
        return sorted(found, key=lambda j: (j.created_at, j.id))

    def retrieve(self, job_id: str) -> RemoteJob:
        """The job now."""
        try:
            return self._job(self._api.inspect_job(job_id=job_id, namespace=self._namespace))
        except (*TROUBLE, KeyError) as e:
            raise _reading(e) from e

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """What the job says of its way, and the lines that the script prints for us."""
        info = self.retrieve(job_id)
        at = info.created_at
        yield RemoteEvent("created", at, "info", "message", "Created.", None)
        for number, line in enumerate(self._lines(job_id)):
            said = _read(line)
            if said is None:
                continue
            if "step" in said:
                yield RemoteEvent(f"step-{said['step']}-{number}", _when(said, at), "info", "metrics",
                                  f"Step {said['step']}", _values(said))  # fmt: skip
            else:
                words = one_line(said.get("message", ""))
                yield RemoteEvent(f"line-{number}", _when(said, at), "info", "message", words, _values(said))

    def _lines(self, job_id: str) -> list[str]:
        try:
            return [line for line in self._api.fetch_job_logs(job_id=job_id, namespace=self._namespace) if MARK in line]
        except TROUBLE as e:
            raise _reading(e) from e

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """None: the script keeps the last state."""
        return []

    def results(self, job: RemoteJob) -> bytes | None:
        """The measured steps as a CSV of the usual columns."""
        from tools.jobs.backends.steps import as_csv

        return as_csv(e.data for e in self.events(job.id) if e.type == "metrics" and e.data)

    def cancel(self, job_id: str) -> RemoteJob:
        """Stop it; its minutes so far are paid."""
        before = self.retrieve(job_id)
        if before.finished_at is not None:
            raise Refused(f"the job has ended ({before.status})", code="job_finished")
        try:
            self._api.cancel_job(job_id=job_id, namespace=self._namespace)
        except HfHubHTTPError as e:
            status = e.response.status_code
            if status == 404:
                raise Missing(_said(e)) from e
            if status < 500 and status not in (408, 429):
                raise Refused(_said(e), code=str(status)) from e
            raise _reading(e) from e
        except (httpx2.HTTPError, OfflineModeIsEnabled) as e:
            raise _reading(e) from e
        return self.retrieve(job_id)

    def pause(self, job_id: str) -> RemoteJob:
        """Not there."""
        raise no_pause("Hugging Face Jobs")

    def resume(self, job_id: str) -> RemoteJob:
        """Not there."""
        raise no_pause("Hugging Face Jobs")

    def _job(self, info: JobInfo) -> RemoteJob:
        if info.created_at is None:
            raise Unreachable("the provider answered with something that is not a job")
        stage = str(getattr(info.status.stage, "value", info.status.stage))
        labels = {k: v for k, v in (info.labels or {}).items() if k in (KEY, ATTEMPT)}
        ended = stage in WORDS
        place = f"hf://buckets/{self._namespace}/{BUCKET}/jobs/{labels.get(KEY, '')[:32]}/tuned"
        error = {"code": stage, "message": one_line(info.status.message or "the job ended with an error")}
        return RemoteJob(
            id=info.id,
            status=stage,
            created_at=utc(info.created_at),
            model="",
            metadata=labels or None,
            fine_tuned_model=place if stage == "COMPLETED" else None,
            finished_at=utc(info.finished_at or datetime.now(UTC)) if ended else None,
            error=error if stage == "ERROR" else None,
            result_files=("log",) if ended else (),
            extra={"running_s": info.durations.running_secs} if info.durations else None,
        )


def namespace_of(token: str, endpoint: str) -> str:
    """The account that a key belongs to; asked once.

    Raises:
        Unreachable: the hub does not answer.
    """
    _careful_client()
    return _whoami(token, endpoint)


@cache
def _whoami(token: str, endpoint: str) -> str:
    try:
        return str(HfApi(endpoint=endpoint, token=token).whoami()["name"])
    except TROUBLE as e:
        raise _reading(e) from e


@cache
def _careful_client() -> None:
    """The library's own client waits for ever and follows a redirected POST, which would be a second request."""
    from huggingface_hub.utils._http import default_client_factory

    def no_second_post(response: httpx2.Response) -> None:
        if response.request.method == "POST" and 300 <= response.status_code < 400:
            raise httpx2.TooManyRedirects("a request that creates something is not sent on", request=response.request)

    def make() -> httpx2.Client:
        client = default_client_factory()
        client.timeout = httpx2.Timeout(threshold("jobs.create_timeout_s"))
        client.event_hooks = {**client.event_hooks, "response": [no_second_post]}
        return client

    set_client_factory(make)


def _read(line: str) -> dict[str, Any] | None:
    try:
        said = json.loads(line[line.index(MARK) + len(MARK) :])
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _values(said: dict[str, Any]) -> dict[str, Any] | None:
    from tools.jobs.backends.steps import ours

    return ours(said) or None


def _when(said: dict[str, Any], otherwise: datetime) -> datetime:
    at = said.get("at")
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else otherwise


def _sending(error: Exception) -> NoReturn:
    """What a failed POST means: refused, never sent, or not known."""
    if isinstance(error, OfflineModeIsEnabled):
        raise NotSent("HF_HUB_OFFLINE is set: nothing was sent") from error
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol):
        raise NotSent("the provider could not be reached; nothing was sent") from error
    if isinstance(error, httpx2.TooManyRedirects):
        raise Refused(str(error), code="redirect") from error
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        reason = error.response.headers.get("content-type", "").startswith("application/json")
        if definite(status, reason_given=reason):
            raise Refused(_said(error), code=str(status), retry_after_s=retry_after(error.response.headers)) from error
        raise Unanswered(f"the provider answered {status}: {_said(error)}") from error
    if isinstance(error, httpx2.TimeoutException):
        raise Unanswered("the provider did not answer in time") from error
    if isinstance(error, httpx2.HTTPError | ValueError | KeyError | TypeError | AttributeError):
        raise Unanswered(f"the connection ended before a readable answer ({type(error).__name__})") from error
    raise error


def _reading(error: Exception) -> Missing | Unreachable:
    if isinstance(error, OfflineModeIsEnabled):
        return Unreachable("HF_HUB_OFFLINE is set")
    if isinstance(error, HfHubHTTPError):
        if error.response.status_code == 404:
            return Missing(_said(error))
        words = f"{error.response.status_code}: {_said(error)}"
        return Unreachable(
            words, code=str(error.response.status_code), retry_after_s=retry_after(error.response.headers)
        )
    return Unreachable(f"the provider does not answer ({type(error).__name__})")


def _said(error: HfHubHTTPError) -> str:
    return one_line(error.server_message or str(error).split("\n\n")[-1])
