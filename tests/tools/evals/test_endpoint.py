"""Asking an endpoint: what comes back, and what each fault says."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from evals_wire import Answer, Script, Wire, refused, said, serving
from pydantic import SecretStr

from tools import endpoint as parallel
from tools.endpoint import Endpoint, RejectedError, in_parallel
from tools.errors import CancelledError, InputError, UnavailableError

HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def ask() -> Iterator[Any]:
    """Ask a server that answers as scripted."""
    opened: list[Any] = []

    def asking(script: Script | Answer, **more: Any) -> Any:
        server = serving(script if callable(script) else lambda body: script)
        wire: Wire = server.__enter__()
        endpoint = Endpoint(base_url=wire.url, model="m", api_key=SecretStr("sk-canary"))
        opened.extend([server, endpoint])
        asking.wire = wire  # type: ignore[attr-defined]
        return endpoint.complete(HELLO, **more)

    yield asking
    for thing in opened:
        thing.close() if isinstance(thing, Endpoint) else thing.__exit__(None, None, None)


def test_a_completion_says_what_came_and_what_it_took(ask: Any) -> None:
    got = ask(said("hi"), max_tokens=5)
    assert (got.text, got.finish_reason, got.prompt_tokens, got.completion_tokens) == ("hi", "stop", 7, 2)
    assert got.latency_ms > 0
    (sent,) = ask.wire.requests
    assert sent == {"model": "m", "messages": HELLO, "max_tokens": 5, "temperature": 0.0}
    assert ask.wire.keys == {"Bearer sk-canary"}


def test_tool_calls_become_comparable_text(ask: Any) -> None:
    calls = [{"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"b": 1, "a": 2}'}}]
    got = ask(said(None, tool_calls=calls, finish_reason="tool_calls"))  # type: ignore[arg-type]
    assert got.text == '[{"arguments": {"a": 2, "b": 1}, "name": "f"}]'


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (refused(401), InputError, "refused the key"),
        (refused(403), InputError, "refused the key"),
        (refused(404), InputError, "knows no model named 'm'"),
        (refused(400, "context length"), RejectedError, "context length"),
        (refused(422), RejectedError, "HTTP 422"),
        (refused(429, "quota"), UnavailableError, "slow down.*quota"),
        (refused(500), UnavailableError, "HTTP 500"),
        ((200, b"<html>welcome</html>"), UnavailableError, "cannot be read"),
        ((200, {"hello": 1}), UnavailableError, "cannot be read"),
        ((200, {"choices": []}), UnavailableError, "cannot be read"),
        ((200, b"{"), UnavailableError, "cannot be read"),
        ((302, b""), UnavailableError, "HTTP 302"),
    ],
)
def test_each_fault_in_one_line(ask: Any, answer: Answer, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as raised:
        ask(answer)
    assert "\n" not in str(raised.value)
    assert "sk-canary" not in str(raised.value)


def test_a_reading_call_is_asked_again_and_then_gives_up(ask: Any) -> None:
    answers = iter([refused(500), refused(429), said("at last")])
    assert ask(lambda body: next(answers)).text == "at last"
    with pytest.raises(UnavailableError):
        ask(refused(503))
    assert len(ask.wire.requests) == 4


def test_nobody_there() -> None:
    endpoint = Endpoint(base_url="http://127.0.0.1:9/v1", model="m")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        endpoint.complete(HELLO)
    endpoint.close()


def test_the_key_is_not_shown() -> None:
    endpoint = Endpoint(base_url="http://x/v1", model="m", api_key=SecretStr("sk-canary"))
    assert "sk-canary" not in f"{endpoint!r} {endpoint} {endpoint.model_dump_json()} {endpoint.model_dump()}"


def test_work_is_bounded_and_all_of_it_done() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(i: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= 1
        return i * i

    assert dict(in_parallel(range(50), work, at_once=4)) == {i: i * i for i in range(50)}
    assert 1 < most <= 4


def test_one_refusal_is_a_result_and_an_outage_ends_everything() -> None:
    def work(i: int) -> int:
        if i == 3:
            raise RejectedError("too long")
        if i == 20:
            raise UnavailableError("down")
        return i

    got: dict[int, Any] = {}
    with pytest.raises(UnavailableError):
        got.update(in_parallel(range(10_000), work, at_once=2))
    assert isinstance(got[3], RejectedError)
    assert set(range(20)) - {19} <= set(got)
    assert len(got) < 30, "nothing further was started"


def test_a_stop_is_noticed_while_waiting() -> None:
    begun = time.monotonic()

    def tick() -> None:
        if time.monotonic() - begun > 0.1:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        list(in_parallel(range(100), lambda i: time.sleep(0.05), at_once=2, tick=tick))
    assert time.monotonic() - begun < 2


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once it is known that nothing more is to begin."""
    event = threading.Event()

    class Line(parallel._Line):
        def end(self, *said: Any) -> None:
            super().end(*said)
            event.set()

    monkeypatch.setattr(parallel, "_Line", Line)
    return event


def test_ctrl_c_begins_nothing_more_and_gives_what_was_being_asked(heard: threading.Event) -> None:
    begun: list[int] = []
    given: list[int] = []
    both = threading.Barrier(2)

    def work(task: int) -> int:
        begun.append(task)
        both.wait(30)
        if task == 1:
            time.sleep(0.3)  # until results are waited for
            os.kill(os.getpid(), signal.SIGINT)
        heard.wait(30)
        return task

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            given.extend(task for task, _ in in_parallel(range(100), work, at_once=2))
    finally:
        signal.signal(signal.SIGINT, before)
    assert sorted(begun) == sorted(given) == [0, 1]


def test_what_stands_in_line_is_not_begun_once_nobody_reads(heard: threading.Event) -> None:
    begun: list[int] = []

    def work(task: int) -> int:
        begun.append(task)
        if task:
            heard.wait(10)
        return task

    for _ in in_parallel(range(100), work, at_once=2):
        break
    assert heard.is_set()
    assert {0, 1} <= {*begun} <= {0, 1, 2}  # 3 stood in line behind two that waited
