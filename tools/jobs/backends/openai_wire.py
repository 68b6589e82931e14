"""Any server of the OpenAI fine-tuning wire, through the official client. The only file that imports it here."""

import hashlib
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

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
    one_line,
    retry_after,
)

Address = Callable[[], tuple[str, str]]
"""Gives (base URL, key) at the moment of use: the local engine's port changes when it restarts."""
NEWEST_EVENTS = 10
"""Of a watched job few are new: a small page is read, and the rest only where it is wanted."""


class WireBackend:
    """One account at one server."""

    events_ordered = True

    def __init__(
        self,
        name: str,
        address: Address,
        *,
        paid: bool = True,
        idempotent: bool = False,
        techniques: frozenset[str] = frozenset({"sft", "dpo", "rft"}),
        default_base: str | None = None,
        tier_field: str | None = None,
        default_tier: str | None = None,
        api_version: str | None = None,
        pauses: bool = True,
        http: httpx2.Client | None = None,
    ) -> None:
        self.name, self.paid, self.idempotent = name, paid, idempotent
        self.techniques, self.default_base = techniques, default_base
        self.default_tier = default_tier
        self._address, self._tier_field, self._http = address, tier_field, http
        self._api_version, self.pauses = api_version, pauses

    def account(self) -> str:
        """The host and a fingerprint of the key: another key may be another organisation's money."""
        url, key = self._address()
        return f"{urlsplit(url).netloc}#{hashlib.sha256(key.encode()).hexdigest()[:12]}"

    def _client(self, timeout_s: float, *, retries: int) -> openai.OpenAI:
        url, key = self._address()
        host = urlsplit(url).hostname or ""
        # Redirects are not followed: a create that is sent on is a second request. Proxies are for the outside only.
        outside = host not in ("127.0.0.1", "localhost", "::1")
        http = self._http or openai.DefaultHttpxClient(
            follow_redirects=False, trust_env=outside, timeout=timeout_s, verify=_certificates()
        )
        # Azure's dated surface takes the key in a header of its own and the version in every address.
        dated = self._api_version
        return openai.OpenAI(
            base_url=url,
            api_key=key,
            max_retries=retries,
            timeout=timeout_s,
            http_client=http,
            default_query={"api-version": dated} if dated else None,
            default_headers={"api-key": key} if dated else None,
        )

    def _reader(self) -> openai.OpenAI:
        return self._client(threshold("jobs.read_timeout_s"), retries=2)

    def retires_on(self, base_model: str) -> date | None:
        """`shutdown_date` of the model, which the wire carries since 2026."""
        try:
            with self._reader() as client:
                model = client.models.retrieve(base_model)
        except openai.NotFoundError:
            return None  # many servers list only deployed models; the create itself will say
        except openai.OpenAIError as e:
            raise _reading(e) from e
        said = model.model_dump(mode="json", warnings=False).get("shutdown_date")
        try:
            return date.fromisoformat(said) if isinstance(said, str) else None
        except ValueError:
            return None

    def find_file(self, name: str, size: int) -> str | None:
        """By name and size: our names carry the content's digest."""
        try:
            with self._reader() as client:
                for found in client.files.list(purpose="fine-tune"):
                    if found.filename == name and found.bytes == size:
                        return found.id
        except openai.OpenAIError as e:
            raise _reading(e) from e
        return None

    def has_file(self, file_id: str) -> bool:
        """Whether it is still there; providers delete files after some time."""
        try:
            with self._reader() as client:
                client.files.retrieve(file_id)
        except openai.NotFoundError:
            return False
        except openai.OpenAIError as e:
            raise _reading(e) from e
        return True

    def upload(self, name: str, content: bytes) -> str:
        """One request."""
        try:
            with self._client(threshold("jobs.upload_timeout_s"), retries=0) as client:
                answer = client.files.create(file=(name, content), purpose="fine-tune")
        except Exception as e:
            _sending(e)
        file_id = getattr(answer, "id", None)
        if not isinstance(file_id, str):
            raise Unanswered("the answer to the upload could not be read")
        return file_id

    def create(self, request: CreateRequest) -> RemoteJob:
        """One request, never repeated by the client."""
        plan = request.envelope
        part: dict[str, Any] = {"hyperparameters": plan.hyperparameters}
        if plan.grader is not None:
            part["grader"] = plan.grader
        method: Any = {"type": plan.method, plan.method: part}
        extra = {self._tier_field: plan.tier} if self._tier_field and plan.tier else None
        try:
            with self._client(threshold("jobs.create_timeout_s"), retries=0) as client:
                answer = client.fine_tuning.jobs.create(
                    model=plan.base_model,
                    training_file=request.training_file,
                    validation_file=request.validation_file or openai.omit,
                    method=method,
                    seed=plan.seed,
                    suffix=plan.suffix or openai.omit,
                    metadata={KEY: request.launch_key, ATTEMPT: str(request.attempt)},
                    extra_body=extra,
                )
            return _read_job(answer)
        except Unreachable as e:
            raise Unanswered(e.message) from e
        except Exception as e:
            _sending(e)

    def find(self, search: Search) -> list[RemoteJob]:
        """By metadata first; where a server keeps none, by file, model and time."""
        try:
            with self._reader() as client:
                by_key = [
                    _read_job(j) for j in client.fine_tuning.jobs.list(limit=100, metadata={KEY: search.launch_key})
                ]
                found = [j for j in by_key if (j.metadata or {}).get(KEY) == search.launch_key]
                if not found and search.training_file is not None:
                    everything = [_read_job(j) for j in client.fine_tuning.jobs.list(limit=100)]
                    found = [j for j in everything if _may_be(j, search)]
        except openai.OpenAIError as e:
            raise _reading(e) from e
        return sorted(found, key=lambda j: (j.created_at, j.id))

    def any_job(self) -> bool:
        """Whether there is a job, by one read that starts nothing.

        Raises:
            Refused: the key may not read; the code begins with the status.
            Missing: there is no fine-tuning there.
            Unreachable: no readable answer.
        """
        try:
            with self._client(threshold("jobs.read_timeout_s"), retries=0) as client:
                page = client.fine_tuning.jobs.list(limit=1)
                found = getattr(page, "data", None)
        except (openai.AuthenticationError, openai.PermissionDeniedError) as e:
            raise Refused(_said(e), code=f"{e.status_code} {e.code or ''}".strip()) from e
        except openai.OpenAIError as e:
            raise _reading(e) from e
        except (ValueError, TypeError, AttributeError) as e:  # the client takes a page of HTML for a list
            raise Unreachable("the provider answered with something that is not JSON") from e
        if not isinstance(found, list):
            raise Unreachable("the provider answered with something that is not a list of jobs")
        return bool(found)

    def retrieve(self, job_id: str) -> RemoteJob:
        """The job now."""
        try:
            with self._reader() as client:
                return _read_job(client.fine_tuning.jobs.retrieve(job_id))
        except openai.OpenAIError as e:
            raise _reading(e) from e

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """Newest first."""
        try:
            with self._reader() as client:
                newest = client.fine_tuning.jobs.list_events(job_id, limit=NEWEST_EVENTS)
                yield from map(_read_event, newest.data)
                if newest.data and newest.has_next_page():
                    older = client.fine_tuning.jobs.list_events(job_id, limit=100, after=newest.data[-1].id)
                    yield from map(_read_event, older)
        except openai.OpenAIError as e:
            raise _reading(e) from e

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """As the wire gives them."""
        try:
            with self._reader() as client:
                return [c.model_dump(mode="json") for c in client.fine_tuning.jobs.checkpoints.list(job_id, limit=100)]
        except openai.NotFoundError:
            return []
        except openai.OpenAIError as e:
            raise _reading(e) from e

    def results(self, job: RemoteJob) -> bytes | None:
        """The first results file. Some servers send it base64-encoded; that is undone."""
        if not job.result_files:
            return None
        try:
            with self._reader() as client:
                return _plain(client.files.content(job.result_files[0]).read())
        except openai.NotFoundError:
            return None
        except openai.OpenAIError as e:
            raise _reading(e) from e

    def cancel(self, job_id: str) -> RemoteJob:
        """Safe to repeat."""
        return self._ask("cancel", job_id)

    def pause(self, job_id: str) -> RemoteJob:
        """The wire has no status for it everywhere: the events say it."""
        return self._ask("pause", job_id)

    def resume(self, job_id: str) -> RemoteJob:
        """Go on after a pause."""
        return self._ask("resume", job_id)

    def _ask(self, wish: Literal["cancel", "pause", "resume"], job_id: str) -> RemoteJob:
        try:
            # Going on after a pause costs money again: asked once.
            with self._client(threshold("jobs.read_timeout_s"), retries=0 if wish == "resume" else 2) as client:
                return _read_job(getattr(client.fine_tuning.jobs, wish)(job_id))
        except openai.NotFoundError as e:
            raise Missing(_said(e)) from e
        except openai.APIStatusError as e:
            if e.status_code < 500 and e.status_code not in (408, 429):
                raise Refused(_said(e), code=str(e.code or e.status_code)) from e
            raise _reading(e) from e
        except openai.OpenAIError as e:
            raise _reading(e) from e


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the trusted certificates takes 36 ms of processor time: once is enough."""
    return httpx2.create_ssl_context()


def _may_be(job: RemoteJob, search: Search) -> bool:
    named = (job.metadata or {}).get(KEY)
    if named is not None:
        return named == search.launch_key
    same = job.training_file == search.training_file and search.model in (job.model, job.model.split(":")[0])
    return same and search.sent_from <= job.created_at <= search.sent_until


def _read_job(answer: Any) -> RemoteJob:
    """The client does not validate: a field may be missing, and a server may answer with a page of HTML."""
    if not isinstance(answer, FineTuningJob) or not isinstance(getattr(answer, "id", None), str):
        raise Unreachable("the provider answered with something that is not a job")
    said = answer.model_dump(mode="json", warnings=False)
    try:
        error = said.get("error")
        return RemoteJob(
            id=answer.id,
            status=str(said.get("status") or "queued"),
            created_at=datetime.fromtimestamp(said["created_at"], UTC),
            model=str(said.get("model")),
            training_file=said.get("training_file"),
            metadata=said.get("metadata"),
            fine_tuned_model=said.get("fine_tuned_model"),
            trained_tokens=said.get("trained_tokens"),
            finished_at=_moment(said.get("finished_at")),
            estimated_finish=_moment(said.get("estimated_finish")),
            error=error if isinstance(error, dict) and (error.get("message") or error.get("code")) else None,
            result_files=tuple(said.get("result_files") or ()),
            extra=said["engine"] if isinstance(said.get("engine"), dict) else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError) as e:
        raise Unreachable(f"the provider's job could not be read ({e!r})") from e


def _read_event(event: FineTuningJobEvent) -> RemoteEvent:
    data = event.data if isinstance(event.data, dict) else None
    at = datetime.fromtimestamp(event.created_at, UTC)
    return RemoteEvent(event.id, at, str(event.level), str(event.type or "message"), str(event.message), data)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _sending(error: Exception) -> NoReturn:
    """What a failed POST means: refused, never sent, or not known."""
    cause = error.__cause__
    if isinstance(error, openai.APIConnectionError) and isinstance(
        cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.UnsupportedProtocol
    ):
        raise NotSent("the provider could not be reached; nothing was sent") from error
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        if definite(status, reason_given=isinstance(error.body, dict)):
            raise Refused(_said(error), code=_code(error), retry_after_s=retry_after(error.response.headers)) from error
        raise Unanswered(f"the provider answered {status}: {_said(error)}") from error
    if isinstance(error, openai.APITimeoutError):
        raise Unanswered("the provider did not answer in time") from error
    if isinstance(error, openai.OpenAIError | ValueError | httpx2.HTTPError):
        raise Unanswered(f"the connection ended before a readable answer ({type(error).__name__})") from error
    raise error


def _reading(error: openai.OpenAIError) -> Missing | Unreachable:
    if isinstance(error, openai.NotFoundError):
        return Missing(_said(error))
    if isinstance(error, openai.APIStatusError):
        wait = retry_after(error.response.headers)
        return Unreachable(f"{error.status_code}: {_said(error)}", code=_code(error), retry_after_s=wait)
    return Unreachable(f"the provider does not answer ({type(error).__name__})")


def _code(error: openai.APIStatusError) -> str:
    return str(error.code or error.status_code)


def _said(error: openai.APIStatusError) -> str:
    """The provider's own words, on one line and not endless."""
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return one_line(message or error.message)


def _plain(content: bytes) -> bytes:
    import base64
    import binascii

    if content[:4] == b"step" or b"," in content[:200]:
        return content
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return content
