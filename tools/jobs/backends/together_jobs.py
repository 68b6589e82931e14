"""Together AI, through its official client. The only file that imports it.

The wire keeps no metadata: a job is found again by the launch key's beginning in its suffix, with file and model.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx
import together

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
from tools.jobs.models import Envelope

MARK = 12
"""Characters of the launch key in the suffix: 48 bits among one account's jobs on the same file and base."""
SUFFIX_AT_MOST = 40
Address = Callable[[], tuple[str, str]]


class TogetherBackend:
    """One account at Together."""

    name = "together"
    paid = True
    idempotent = False
    techniques = frozenset({"sft", "dpo"})
    pauses = False
    events_ordered = False
    default_base: str | None = None
    default_tier: str | None = "lora"

    def __init__(self, address: Address) -> None:
        self._address = address

    def account(self) -> str:
        """The host and a fingerprint of the key."""
        url, key = self._address()
        return f"{urlsplit(url).netloc}#{sha256(key.encode()).hexdigest()[:12]}"

    def _client(self, timeout_s: float, *, retries: int, sent: list[str] | None = None) -> together.Together:
        url, key = self._address()
        outside = (urlsplit(url).hostname or "") not in ("127.0.0.1", "localhost", "::1")
        # Redirects are not followed: a create that is sent on is a second request.
        hooks = {"request": [lambda r: sent.append(r.url.path)]} if sent is not None else None
        http = httpx.Client(follow_redirects=False, trust_env=outside, timeout=timeout_s, event_hooks=hooks)
        return together.Together(api_key=key, base_url=url, timeout=timeout_s, max_retries=retries, http_client=http)

    def _reader(self) -> together.Together:
        return self._client(threshold("jobs.read_timeout_s"), retries=2)

    def retires_on(self, base_model: str) -> date | None:
        """Together publishes no date; whether it can be tuned is asked."""
        try:
            with self._reader() as client:
                client.fine_tuning.model_limits(model_name=base_model)
        except (together.NotFoundError, together.BadRequestError) as e:
            raise Refused(_said(e), code=str(e.status_code)) from e
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e
        return None

    def find_file(self, name: str, size: int) -> str | None:
        """By name and size: our names carry the content's digest."""
        try:
            with self._reader() as client:
                for found in client.files.list().data or ():
                    if found.filename == name and found.bytes == size:
                        return found.id
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e
        return None

    def has_file(self, file_id: str) -> bool:
        """Whether it is still there."""
        try:
            with self._reader() as client:
                client.files.retrieve(file_id)
        except together.NotFoundError:
            return False
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e
        return True

    def upload(self, name: str, content: bytes) -> str:
        """The client reads from disk: through a folder that is gone afterwards."""
        try:
            with tempfile.TemporaryDirectory(prefix="ft-") as folder:
                path = Path(folder) / name
                path.write_bytes(content)
                with self._client(threshold("jobs.upload_timeout_s"), retries=0) as client:
                    answer = client.files.upload(path, purpose="fine-tune", check=False)
        except Exception as e:
            _sending(e)
        if not isinstance(answer.id, str) or not answer.id:
            raise Unanswered("the answer to the upload could not be read")
        return answer.id

    def create(self, request: CreateRequest) -> RemoteJob:
        """One paid request. The client asks for limits and price first; what fails there has bought nothing."""
        sent: list[str] = []
        try:
            with self._client(threshold("jobs.create_timeout_s"), retries=0, sent=sent) as client:
                answer = client.fine_tuning.create(
                    model=request.envelope.base_model,
                    training_file=request.training_file,
                    validation_file=request.validation_file or "",
                    suffix=_suffix(request.envelope, request.launch_key),
                    random_seed=request.envelope.seed,
                    n_checkpoints=1,
                    **_settings(request.envelope, has_validation=request.validation_file is not None),
                )
            return _job(answer, {KEY: request.launch_key, ATTEMPT: str(request.attempt)})
        except Unreachable as e:
            raise Unanswered(e.message) from e
        except Exception as e:
            if any(path.endswith("/fine-tunes") for path in sent):
                _sending(e)
            if isinstance(e, together.APIStatusError) and definite(e.status_code, reason_given=True):
                raise Refused(_said(e), code=_code(e), retry_after_s=retry_after(e.response.headers)) from e
            if isinstance(e, ValueError):
                raise Refused(one_line(e), code="invalid_request") from e
            raise NotSent(f"limits and price could not be asked for; the job was not sent ({type(e).__name__})") from e

    def find(self, search: Search) -> list[RemoteJob]:
        """By the mark in the suffix; without one in it, by file, base and time."""
        try:
            with self._reader() as client:
                rows = client.fine_tuning.list().data or ()
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e
        found = []
        for row in rows:
            marked = (row.suffix or row.x_model_output_name or "").endswith(search.launch_key[:MARK])
            same = row.training_file == search.training_file and row.model == search.model
            if marked and (search.training_file is None or row.training_file == search.training_file):
                found.append(_job(row, {KEY: search.launch_key}))
            elif same and not row.suffix and search.sent_from <= _utc(row.created_at) <= search.sent_until:
                found.append(_job(row, None))
        return sorted(found, key=lambda j: (j.created_at, j.id))

    def retrieve(self, job_id: str) -> RemoteJob:
        """The job now."""
        try:
            with self._reader() as client:
                return _job(client.fine_tuning.retrieve(job_id), None)
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """Newest first: what it says, and a metrics event for every measured step."""
        try:
            with self._reader() as client:
                said = client.fine_tuning.list_events(job_id).data or []
                measured = client.fine_tuning.list_metrics(job_id).metrics or []
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e
        events = [_event(e) for e in said]
        begun = min((e.at for e in events), default=datetime.now(UTC))
        for row in measured:
            values = _metrics(row)
            if "step" in values:
                words = f"Step {values['step']}"
                events.append(RemoteEvent(f"step-{values['step']}", begun, "info", "metrics", words, values))
        yield from sorted(events, key=lambda e: e.at, reverse=True)

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """With their step; Together keeps no measurement with them."""
        try:
            with self._reader() as client:
                rows = client.fine_tuning.list_checkpoints(job_id).data or ()
        except together.NotFoundError:
            return []
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e
        return [{**row.model_dump(mode="json"), "step_number": row.step} for row in rows]

    def results(self, job: RemoteJob) -> bytes | None:
        """The measured steps as a CSV of the usual columns."""
        from tools.jobs.backends.steps import as_csv

        return as_csv(e.data for e in self.events(job.id) if e.type == "metrics" and e.data)

    def cancel(self, job_id: str) -> RemoteJob:
        """Ask it to stop; what was trained is paid."""
        try:
            with self._reader() as client:
                return _job(client.fine_tuning.cancel(job_id), None)
        except together.NotFoundError as e:
            raise Missing(_said(e)) from e
        except together.APIStatusError as e:
            if e.status_code < 500 and e.status_code not in (408, 429):
                raise Refused(_said(e), code=_code(e)) from e
            raise _reading(e) from e
        except (together.TogetherError, httpx.HTTPError) as e:
            raise _reading(e) from e

    def pause(self, job_id: str) -> RemoteJob:
        """Not there."""
        raise no_pause("Together")

    def resume(self, job_id: str) -> RemoteJob:
        """Not there."""
        raise no_pause("Together")


def _settings(plan: Envelope, *, has_validation: bool) -> dict[str, Any]:
    """The plan's hyperparameters in the client's words; what is left to the provider is left out."""
    given = {k: v for k, v in plan.hyperparameters.items() if v != "auto"}
    lora = False if plan.tier == "full" else True if "lora_r" in given else None  # None: LoRA at its own default rank
    settings: dict[str, Any] = {"training_method": plan.technique, "n_evals": 1 if has_validation else 0, "lora": lora}
    for name in ("n_epochs", "batch_size", "learning_rate", "lora_r"):
        if name in given:
            settings[name] = given[name]
    if plan.technique == "dpo" and "beta" in given:
        settings["dpo_beta"] = given["beta"]
    if plan.technique == "sft":
        settings["train_on_inputs"] = "auto"
    return settings


def _suffix(plan: Envelope, key: str) -> str:
    """The person's word and the launch key's beginning: how the job is found again."""
    mark = key[:MARK]
    return f"{(plan.suffix or 'ft')[: SUFFIX_AT_MOST - MARK - 1]}-{mark}"


def _job(answer: Any, metadata: dict[str, str] | None) -> RemoteJob:
    """From the create's, the list's, the cancel's or the retrieve's answer: the client does not validate them."""
    try:
        said = answer.model_dump(mode="json", warnings=False, by_alias=True)
        if not isinstance(said["id"], str) or not isinstance(said["status"], str):
            raise TypeError("no id")
        status = said["status"]
        progress = {"step": said.get("steps_completed"), "total_steps": said.get("total_steps")}
        over = status in ("completed", "error", "user_error", "cancelled")
        return RemoteJob(
            id=said["id"],
            status=status,
            created_at=_utc(said["created_at"]),
            model=str(said.get("model")),
            training_file=said.get("training_file"),
            metadata=metadata,
            fine_tuned_model=(said.get("model_output_name") or said.get("x_model_output_name")) if over else None,
            trained_tokens=said.get("token_count"),
            finished_at=_utc(said["updated_at"]) if over and said.get("updated_at") else None,
            estimated_finish=None,
            error=_error(said) if status in ("error", "user_error") else None,
            result_files=("metrics",) if status == "completed" else (),
            extra={"progress": progress},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise Unreachable(f"the provider answered with something that is not a job ({e!r})") from e


def _error(said: dict[str, Any]) -> dict[str, Any]:
    wrong = [e for e in said.get("events") or () if "error" in str(e.get("type", "")).lower()]
    words = wrong[-1].get("message") if wrong else "the provider gave no reason"
    return {"code": said["status"], "message": one_line(words)}


def _event(e: Any) -> RemoteEvent:
    """The wire gives events no id: ours is made of what does not change with the order they are listed in."""
    data = {"total_steps": e.total_steps} if e.total_steps else {}
    level = {"warning": "warn", "legacy_iwarning": "warn", "error": "error", "legacy_ierror": "error"}
    ident = f"{e.created_at}-{e.type}-{sha256(str(e.message).encode()).hexdigest()[:12]}"
    at = _utc(e.created_at)
    return RemoteEvent(ident, at, level.get(str(e.level), "info"), "message", str(e.message), data or None)


def _metrics(row: dict[str, float]) -> dict[str, Any]:
    """Together's names and ours; an unknown one is kept as it is."""
    from tools.jobs.backends.steps import ours

    return ours(row)


def _utc(value: Any) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return utc(at)


def _sending(error: Exception) -> NoReturn:
    """What a failed POST means: refused, never sent, or not known."""
    cause = error.__cause__ or error
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol):
        raise NotSent("the provider could not be reached; nothing was sent") from error
    if isinstance(error, together.APIStatusError):
        if definite(error.status_code, reason_given=isinstance(error.body, dict)):
            raise Refused(_said(error), code=_code(error), retry_after_s=retry_after(error.response.headers)) from error
        raise Unanswered(f"the provider answered {error.status_code}: {_said(error)}") from error
    if isinstance(error, together.APITimeoutError):
        raise Unanswered("the provider did not answer in time") from error
    if isinstance(error, together.TogetherError | httpx.HTTPError | ValueError | OSError | AttributeError | TypeError):
        raise Unanswered(f"the connection ended before a readable answer ({type(error).__name__})") from error
    raise error


def _reading(error: Exception) -> Missing | Unreachable:
    if isinstance(error, together.NotFoundError):
        return Missing(_said(error))
    if isinstance(error, together.APIStatusError):
        words = f"{error.status_code}: {_said(error)}"
        return Unreachable(words, code=_code(error), retry_after_s=retry_after(error.response.headers))
    return Unreachable(f"the provider does not answer ({type(error).__name__})")


def _body(error: together.APIStatusError) -> dict[str, Any]:
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    return inner if isinstance(inner, dict) else body


def _said(error: together.APIStatusError) -> str:
    return one_line(_body(error).get("message") or error.message)


def _code(error: together.APIStatusError) -> str:
    return str(_body(error).get("code") or _body(error).get("type") or error.status_code)
