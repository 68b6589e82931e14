"""Asking any OpenAI-compatible endpoint for completions: one reading call, retried, with errors a person can act on."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

from knowledge.thresholds import threshold
from tools.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from concurrent.futures import Future

RETRIES = 3
"""Completions are only read, so asking again after a time-out or a 429 costs at most tokens, never a second job."""

Message = dict[str, Any]
Task = TypeVar("Task")
Done = TypeVar("Done")


class _NotBegunError(Exception):
    """A task that stood in line when another one ended everything."""


class RejectedError(InputError):
    """The endpoint refused this one request (too long, filtered); others may well pass."""


class FailedError(UnavailableError):
    """The endpoint answered that it failed; whether it made, and bills, an answer is not known."""

    after_s: float | None = None
    """How long it asks to wait; None: it did not say."""


class SlowDownError(FailedError):
    """The endpoint did nothing because it is asked too often (HTTP 429): nothing was made, so nothing is billed."""


class Completion(BaseModel):
    """What came back. None is what the endpoint did not say."""

    model_config = ConfigDict(frozen=True)

    text: str
    """The text; where tools were called instead, the calls as JSON: a list of {"name", "arguments"}."""
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: float


OWN_ENGINE = "local engine"
"""How evals name this computer's own engine, whose address changes from start to start."""


class Endpoint(BaseModel):
    """One model at one address. The key is never shown, logged or written."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    base_url: str
    model: str
    api_key: SecretStr = SecretStr("none")
    name: str = ""
    """What the address is called in stored evals, where it changes from start to start (the local engine)."""

    @property
    def identity(self) -> str:
        """The address as evals record it."""
        return self.name or self.base_url.rstrip("/")

    @property
    def _patience_s(self) -> float:
        """Seconds to wait for an answer: an engine of ours that is up is at work, however busy the computer."""
        own = self.name == OWN_ENGINE
        return threshold("evals.own_timeout_seconds" if own else "evals.request_timeout_seconds")

    @cached_property
    def _client(self) -> Any:
        from openai import DefaultHttpxClient, OpenAI, Timeout

        return OpenAI(
            base_url=self.base_url,
            api_key=self.api_key.get_secret_value(),
            max_retries=RETRIES,
            timeout=Timeout(self._patience_s, connect=10),
            # A redirect could carry the key elsewhere.
            http_client=DefaultHttpxClient(follow_redirects=False),
        )

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        client = self.__dict__.pop("_client", None)
        if client is not None:
            client.close()

    def complete(
        self,
        messages: list[Message],
        *,
        max_tokens: int | None = None,
        temperature: float = 0.0,
        tools: list[dict[str, Any]] | None = None,
        response_format: dict[str, Any] | None = None,
        retries: int = RETRIES,
        **more: Any,
    ) -> Completion:
        """One completion.

        Args:
            messages: the conversation in chat format.
            max_tokens: the most tokens to produce; None: evals.max_completion_tokens.
            temperature: 0 asks for the likeliest completion.
            tools: functions the model may call, in chat format.
            response_format: schema-constrained output, in chat format.
            retries: how often it is asked again when no answer came; 0 where each request is counted.
            more: further fields of the request, as the endpoint names them.

        Raises:
            UnavailableError: it is down, overloaded, or answers nonsense.
            InputError: the key or the model name is wrong.
            RejectedError: it refused this request.
        """
        optional = {"tools": tools, "response_format": response_format}
        request = {
            "model": self.model,
            "messages": messages,
            "max_tokens": int(threshold("evals.max_completion_tokens")) if max_tokens is None else max_tokens,
            "temperature": temperature,
            **{k: v for k, v in optional.items() if v is not None},
            **more,
        }
        started = time.perf_counter()
        client = self._client if retries == RETRIES else self._client.with_options(max_retries=retries)
        answer = self._asked(lambda: client.chat.completions.create(**request), retries)
        latency_ms = 1000 * (time.perf_counter() - started)
        return self._read(answer, latency_ms)

    def models(self) -> list[str]:
        """Names of the models the endpoint offers. Raises as `complete` does."""
        listed = self._asked(lambda: self._client.models.list())
        try:
            return [m.id for m in listed.data]
        except (AttributeError, TypeError):
            raise self._nonsense("its list of models cannot be read") from None

    def _asked(self, call: Callable[[], Any], retries: int = RETRIES) -> Any:
        import openai

        where = self.identity
        try:
            return call()
        except (openai.AuthenticationError, openai.PermissionDeniedError) as e:
            raise InputError(
                f"the endpoint refused the key (HTTP {e.status_code})",
                where=where,
                remedy="Check the key and what it may use.",
            ) from None
        except openai.NotFoundError:
            raise InputError(
                f"the endpoint knows no model named {self.model!r}, or its address is wrong (HTTP 404)",
                where=where,
                remedy="Check the model's name and that the address ends as the provider says (often /v1).",
            ) from None
        except (openai.BadRequestError, openai.UnprocessableEntityError) as e:
            raise RejectedError(
                f"the endpoint refused the request (HTTP {e.status_code}: {_told(e)})",
                where=where,
                remedy="Often: too long for the model, or a setting it does not know.",
            ) from None
        except openai.RateLimitError as e:
            again = f" and {retries} retries did not help" if retries else ""
            slow = SlowDownError(
                f"the endpoint asked us to slow down (HTTP 429: {_told(e)}){again}",
                where=where,
                remedy="Wait, ask with fewer requests at a time, or check the account's quota.",
            )
            slow.after_s = _wait_s(e.response.headers)
            raise slow from None
        except openai.APITimeoutError:
            raise UnavailableError(
                f"the endpoint did not answer within {self._patience_s:.0f} seconds",
                where=where,
                remedy="Check that it is up, then try again.",
            ) from None
        except openai.APIConnectionError as e:
            cause = re.sub(r"^\[Errno -?\d+\] ", "", str(e.__cause__ or e))[:120]
            raise UnavailableError(
                f"the endpoint cannot be reached ({cause})", where=where, remedy="Check the address and that it is up."
            ) from None
        except openai.APIStatusError as e:
            failed = FailedError(f"the endpoint failed (HTTP {e.status_code})", where=where, remedy="Try again later.")
            failed.after_s = _wait_s(e.response.headers)
            raise failed from None
        except (openai.OpenAIError, json.JSONDecodeError, ValueError) as e:
            raise self._nonsense(type(e).__name__) from None

    def _read(self, answer: Any, latency_ms: float) -> Completion:
        try:
            choice = answer.choices[0]
            message = choice.message
            text = message.content if isinstance(message.content, str) else ""
            if message.tool_calls:
                text = tool_calls_json([c.model_dump() for c in message.tool_calls])
            usage = answer.usage
            return Completion(
                text=text,
                finish_reason=choice.finish_reason,
                prompt_tokens=usage.prompt_tokens if usage else None,
                completion_tokens=usage.completion_tokens if usage else None,
                latency_ms=latency_ms,
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise self._nonsense("its answer is not a chat completion") from None

    def _nonsense(self, why: str) -> UnavailableError:
        return UnavailableError(
            f"the endpoint answered something that cannot be read ({why})",
            where=self.identity,
            remedy="Check that the address is that of an OpenAI-compatible API (often ending in /v1).",
        )


def tool_calls_json(calls: list[Any]) -> str:
    """Tool calls as one comparable text: names and parsed arguments, without ids."""
    found = []
    for call in calls:
        function = call.get("function", call) if isinstance(call, dict) else {}
        arguments = function.get("arguments")
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
        found.append({"name": function.get("name"), "arguments": arguments})
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def _wait_s(headers: Any) -> float | None:
    """What an error asks for, in either of the two headers in use; a date instead of seconds counts as not said."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        with contextlib.suppress(ValueError):
            return max(0.0, float(headers.get(name, "")) / unit)
    return None


def _told(error: Any) -> str:
    """The endpoint's own words, short; they may quote the request, so they are cut."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(message or "no reason given").split())[:160]


class _Line:
    """Tasks in a line before some threads. One that fails ends the line before the next begins."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        from threading import Event

        self._work, self._ended = work, Event()
        self.failed: BaseException | None = None

    def do(self, task: Any) -> Any:
        """Do one task in a thread, unless the line has ended."""
        if self._ended.is_set():
            raise _NotBegunError
        try:
            return self._work(task)
        except RejectedError:
            raise
        except Exception:
            self._ended.set()  # here and not by the reader: what stands in line must not begin meanwhile
            raise

    def end(self, why: BaseException, waiting: "Iterable[Future[Any]]") -> None:
        """Whatever was not begun is not begun any more; the first reason is kept."""
        self.failed = self.failed or why
        self._ended.set()
        for future in waiting:
            future.cancel()


def in_parallel(
    tasks: Iterable[Task], work: Callable[[Task], Done], *, at_once: int, tick: Callable[[], None] = lambda: None
) -> Iterator[tuple[Task, Done | RejectedError]]:
    """Do the work for each task, a bounded number at once, and give each as it ends (not in order).

    A RejectedError is given as that task's result. Any other error, also one that `tick` raises to stop, ends
    everything: nothing further is started, what runs is waited for and given, then the error is raised. So does Ctrl-C.

    Args:
        tasks: what to do.
        work: does one task; called from several threads.
        at_once: how many at a time.
        tick: called about twice a second while waiting.
    """
    from concurrent.futures import FIRST_COMPLETED, CancelledError, ThreadPoolExecutor, wait

    waiting, line = iter(tasks), _Line(work)
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="endpoint") as pool:
        running: dict[Future[Done], Task] = {}
        try:
            while True:
                # Twice as many wait as are asked: a thread that ends need not wait for whoever reads the results.
                room = 2 * at_once - len(running) if line.failed is None else 0
                running |= {pool.submit(line.do, task): task for task in islice(waiting, room)}
                if not running:
                    break
                try:
                    done = wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done
                except KeyboardInterrupt as e:
                    line.end(e, running)
                    continue
                for future in done:
                    task = running.pop(future)
                    try:
                        yield task, future.result()
                    except (_NotBegunError, CancelledError):
                        continue
                    except RejectedError as e:
                        yield task, e
                    except Exception as e:
                        line.end(e, running)
                if line.failed is None:
                    try:
                        tick()
                    except (Exception, KeyboardInterrupt) as e:
                        line.end(e, running)
        except BaseException as e:  # the reader is gone: what stands in line is not begun for nobody
            line.end(e, running)
            raise
    if line.failed is not None:
        raise line.failed
