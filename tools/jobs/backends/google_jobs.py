"""Google (Gemini Enterprise Agent Platform), through google-genai. The only file that imports it.

Data goes to a Cloud Storage bucket of the person's own; the create-only precondition makes an upload safe to repeat.
A job carries the launch key in its labels (half of it, for their length) and whole in its description.
"""

import os
import re
import warnings
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import quote

import google.auth
import google.auth.exceptions
import httpx2
import requests
from google import genai
from google.auth.transport.requests import AuthorizedSession
from google.genai import errors, types

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
    utc,
)

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
LABEL = 32
"""Characters of the launch key in a label: a label's value holds 63."""
ADAPTERS = {1: "ONE", 2: "TWO", 4: "FOUR", 8: "EIGHT", 16: "SIXTEEN", 32: "THIRTY_TWO"}
ENDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED")
_NOTED = re.compile(rf"{KEY}=(\w+) {ATTEMPT}=(\d+)")


class GoogleBackend:
    """One project in one region."""

    name = "google"
    paid = True
    idempotent = False
    techniques = frozenset({"sft", "dpo"})
    pauses = False
    events_ordered = False
    default_base: str | None = None
    default_tier: str | None = None

    def __init__(self, project: str, location: str, bucket: str) -> None:
        self._project, self._location = project, location
        self._bucket, _, folder = bucket.removeprefix("gs://").strip("/").partition("/")
        self._folder = f"{folder}/" if folder else ""

    def account(self) -> str:
        """The project is what is billed."""
        return f"{self._project}/{self._location}"

    @cached_property
    def _credentials(self) -> Any:
        """The person's own, as Google's tools keep them; nothing of them is stored or logged here."""
        try:
            return google.auth.default(scopes=SCOPES)[0]
        except google.auth.exceptions.GoogleAuthError as e:
            raise Unreachable(f"there are no Google credentials ({one_line(e)}); run: gcloud auth login") from e

    def _client(self, timeout_s: float, *, attempts: int) -> genai.Client:
        return genai.Client(
            vertexai=True,
            project=self._project,
            location=self._location,
            credentials=self._credentials,
            http_options=types.HttpOptions(
                timeout=int(timeout_s * 1000),
                retry_options=types.HttpRetryOptions(attempts=attempts),
                client_args={"follow_redirects": False},
            ),
        )

    def _reader(self) -> genai.Client:
        return self._client(threshold("jobs.read_timeout_s"), attempts=3)

    def retires_on(self, base_model: str) -> date | None:
        """The API does not say; the catalogue has dates."""
        return None

    # Files: objects of the bucket. Their id is the gs:// address that the job names.

    def find_file(self, name: str, size: int) -> str | None:
        """By name and size: our names carry the content's digest."""
        found = self._object(f"{self._folder}{name}")
        return f"gs://{self._bucket}/{self._folder}{name}" if found and int(found.get("size", -1)) == size else None

    def has_file(self, file_id: str) -> bool:
        """Whether the object is still there."""
        return self._object(file_id.removeprefix(f"gs://{self._bucket}/")) is not None

    def upload(self, name: str, content: bytes) -> str:
        """Created only: an object of this name is this content already."""
        path = f"{self._folder}{name}"
        url = f"{_storage()}/upload/storage/v1/b/{quote(self._bucket, safe='')}/o"
        query = {"uploadType": "media", "name": path, "ifGenerationMatch": "0"}
        headers = {"content-type": "application/jsonl"}
        try:
            with self._storage_session() as session:
                answer = session.post(
                    url, params=query, data=content, headers=headers, timeout=threshold("jobs.upload_timeout_s")
                )
        except requests.ConnectTimeout as e:
            raise NotSent("Cloud Storage could not be reached; nothing was sent") from e
        except (requests.RequestException, google.auth.exceptions.GoogleAuthError) as e:
            raise Unanswered(f"Cloud Storage did not answer ({type(e).__name__})") from e
        if answer.status_code in (200, 412):
            return f"gs://{self._bucket}/{path}"
        said = one_line(_words(answer))
        if definite(answer.status_code, reason_given=True):
            raise Refused(f"the bucket {self._bucket} did not take the file: {said}", code=str(answer.status_code))
        raise Unanswered(f"Cloud Storage answered {answer.status_code}: {said}")

    def _object(self, path: str) -> dict[str, Any] | None:
        url = f"{_storage()}/storage/v1/b/{quote(self._bucket, safe='')}/o/{quote(path, safe='')}"
        try:
            with self._storage_session() as session:
                answer = session.get(url, timeout=threshold("jobs.read_timeout_s"))
        except (requests.RequestException, google.auth.exceptions.GoogleAuthError) as e:
            raise Unreachable(f"Cloud Storage does not answer ({type(e).__name__})") from e
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise Unreachable(f"Cloud Storage answered {answer.status_code}: {one_line(_words(answer))}")
        found: dict[str, Any] = answer.json()
        return found

    def _storage_session(self) -> AuthorizedSession:
        session: AuthorizedSession = AuthorizedSession(self._credentials, max_refresh_attempts=1)  # type: ignore[no-untyped-call]
        session.trust_env = "127.0.0.1" not in _storage()
        return session

    # Jobs.

    def create(self, request: CreateRequest) -> RemoteJob:
        """One request, never repeated by the client."""
        plan = request.envelope
        given = {k: v for k, v in plan.hyperparameters.items() if v != "auto"}
        validation = types.TuningValidationDataset(gcs_uri=request.validation_file) if request.validation_file else None
        note = f"{KEY}={request.launch_key} {ATTEMPT}={request.attempt}"
        config = types.CreateTuningJobConfig(
            method=types.TuningMethod.PREFERENCE_TUNING if plan.technique == "dpo" else None,
            validation_dataset=validation,
            tuned_model_display_name=plan.suffix or f"ft-{request.launch_key[:12]}",
            description=note,
            epoch_count=given.get("n_epochs"),
            learning_rate_multiplier=given.get("learning_rate_multiplier"),
            adapter_size=_adapter(given.get("adapter_size")),
            beta=given.get("beta") if plan.technique == "dpo" else None,
            labels={KEY: request.launch_key[:LABEL], ATTEMPT: str(request.attempt)},
        )
        try:
            with self._client(threshold("jobs.create_timeout_s"), attempts=1) as client, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the client calls its tuning experimental at every use
                answer = client.tunings.tune(
                    base_model=plan.base_model,
                    training_dataset=types.TuningDataset(gcs_uri=request.training_file),
                    config=config,
                )
            return _job(answer)
        except Unreachable as e:
            raise Unanswered(e.message) from e
        except Exception as e:
            _sending(e)

    def find(self, search: Search) -> list[RemoteJob]:
        """By label, then by the whole key in the description."""
        query = types.ListTuningJobsConfig(page_size=100, filter=f'labels.{KEY}="{search.launch_key[:LABEL]}"')
        try:
            with self._reader() as client:
                found = [_job(j) for j in client.tunings.list(config=query)]
        except (errors.APIError, httpx2.HTTPError, google.auth.exceptions.GoogleAuthError) as e:
            raise _reading(e) from e
        mine = [j for j in found if (j.metadata or {}).get(KEY) == search.launch_key]
        return sorted(mine, key=lambda j: (j.created_at, j.id))

    def retrieve(self, job_id: str) -> RemoteJob:
        """The job now."""
        return _job(self._get(job_id))

    def _get(self, job_id: str) -> types.TuningJob:
        try:
            with self._reader() as client:
                return client.tunings.get(name=self._full(job_id))
        except (errors.APIError, httpx2.HTTPError, google.auth.exceptions.GoogleAuthError) as e:
            raise _reading(e) from e

    def _full(self, job_id: str) -> str:
        """A short id is one of this project and region."""
        here = f"projects/{self._project}/locations/{self._location}/tuningJobs/"
        return job_id if job_id.startswith("projects/") else here + job_id

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """The API keeps no list of events: what the job itself says of its way, each with its time."""
        job = self._get(job_id)
        for at, what, words in (
            (job.end_time, "ended", f"Ended: {_state(job)}"),
            (job.start_time, "started", "Training has started."),
            (job.create_time, "created", "Created."),
        ):
            if at is not None:
                yield RemoteEvent(what, at, "error" if "FAILED" in words else "info", "message", words, _steps(job))
        if job.tuning_job_state is not None and job.update_time is not None:
            word = str(job.tuning_job_state.value)
            yield RemoteEvent(f"detail-{word}", job.update_time, "info", "message", word, None)

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """With step, epoch and endpoint; Google keeps no measurement with them."""
        tuned = self._get(job_id).tuned_model
        rows = (tuned.checkpoints if tuned else None) or []
        return [{**row.model_dump(mode="json"), "step_number": row.step} for row in rows]

    def results(self, job: RemoteJob) -> bytes | None:
        """None: the curves are in the project's own Experiments page."""
        return None

    def cancel(self, job_id: str) -> RemoteJob:
        """Ask it to stop."""
        try:
            with self._client(threshold("jobs.read_timeout_s"), attempts=1) as client:
                client.tunings.cancel(name=self._full(job_id))
        except errors.APIError as e:
            if e.code == 404:
                raise Missing(_said(e)) from e
            if e.code < 500 and e.code not in (408, 429):
                raise Refused(_said(e), code=str(e.status or e.code)) from e
            raise _reading(e) from e
        except (httpx2.HTTPError, google.auth.exceptions.GoogleAuthError) as e:
            raise _reading(e) from e
        return self.retrieve(job_id)

    def pause(self, job_id: str) -> RemoteJob:
        """Not there."""
        raise no_pause("Google")

    def resume(self, job_id: str) -> RemoteJob:
        """Not there."""
        raise no_pause("Google")


def _storage() -> str:
    """STORAGE_EMULATOR_HOST is what Google's own storage client reads."""
    return os.environ.get("STORAGE_EMULATOR_HOST", "https://storage.googleapis.com").rstrip("/")


def _adapter(size: int | None) -> types.AdapterSize | None:
    return None if size is None else types.AdapterSize(f"ADAPTER_SIZE_{ADAPTERS[size]}")


def _state(job: types.TuningJob) -> str:
    return str(getattr(job.state, "value", job.state) or "JOB_STATE_QUEUED")


def _steps(job: types.TuningJob) -> dict[str, Any] | None:
    stats = job.tuning_data_stats.supervised_tuning_data_stats if job.tuning_data_stats else None
    return {"total_steps": stats.tuning_step_count} if stats and stats.tuning_step_count else None


def _job(job: types.TuningJob) -> RemoteJob:
    if not isinstance(job.name, str) or job.create_time is None:
        raise Unreachable("the provider answered with something that is not a job")
    state = _state(job)
    noted = _NOTED.search(job.description or "")
    spec = job.supervised_tuning_spec or job.preference_optimization_spec
    stats = job.tuning_data_stats.supervised_tuning_data_stats if job.tuning_data_stats else None
    tuned = job.tuned_model
    error = {"code": str(job.error.code or state), "message": one_line(job.error.message)} if job.error else None
    return RemoteJob(
        id=job.name,
        status=state,
        created_at=utc(job.create_time),
        model=str(job.base_model),
        training_file=getattr(spec, "training_dataset_uri", None),
        metadata={KEY: noted[1], ATTEMPT: noted[2]} if noted else None,
        fine_tuned_model=(tuned.endpoint or tuned.model) if tuned and state == "JOB_STATE_SUCCEEDED" else None,
        trained_tokens=stats.total_billable_token_count if stats and state == "JOB_STATE_SUCCEEDED" else None,
        finished_at=utc(job.end_time) if job.end_time and state in ENDED else None,
        error=error,
    )


def _sending(error: Exception) -> NoReturn:
    """What a failed POST means: refused, never sent, or not known."""
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol):
        raise NotSent("the provider could not be reached; nothing was sent") from error
    if isinstance(error, google.auth.exceptions.GoogleAuthError):
        raise NotSent(f"signing in to Google failed; nothing was sent ({type(error).__name__})") from error
    if isinstance(error, errors.APIError):
        if definite(error.code, reason_given=isinstance(error.details, dict) and "error" in error.details):
            raise Refused(_said(error), code=str(error.status or error.code)) from error
        raise Unanswered(f"the provider answered {error.code}: {_said(error)}") from error
    if isinstance(error, httpx2.TimeoutException):
        raise Unanswered("the provider did not answer in time") from error
    if isinstance(error, httpx2.HTTPError | ValueError | errors.UnknownApiResponseError | TypeError):
        raise Unanswered(f"the connection ended before a readable answer ({type(error).__name__})") from error
    raise error


def _reading(error: Exception) -> Missing | Unreachable:
    if isinstance(error, errors.APIError):
        if error.code == 404:
            return Missing(_said(error))
        return Unreachable(f"{error.code}: {_said(error)}", code=str(error.status or error.code))
    return Unreachable(f"the provider does not answer ({type(error).__name__})")


def _said(error: errors.APIError) -> str:
    return one_line(error.message or error)


def _words(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason or "no reason given"
