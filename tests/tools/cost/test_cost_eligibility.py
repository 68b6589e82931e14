"""May this organisation tune: the rules, and what one harmless read answers, over the real wire."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest

from knowledge.prices import providers
from tools.cost.eligibility import ask, can_ask, eligibility, requirements
from tools.errors import InputError, UnavailableError

ANSWERS: dict[str, tuple[int, str]] = {
    "tuned": (200, json.dumps({"object": "list", "data": [{"id": "ftjob-1"}], "has_more": True})),
    "never": (200, json.dumps({"object": "list", "data": [], "has_more": False})),
    "refused": (403, json.dumps({"error": {"code": "training_not_available", "message": "closed"}})),
    "scope": (403, json.dumps({"error": {"code": "missing_scope", "message": "no"}})),
    "key": (401, json.dumps({"error": {"code": "invalid_api_key", "message": "no"}})),
    "none": (404, "{}"),
    "page": (200, "<html>"),
    "down": (500, "{}"),
}
SEEN: list[tuple[str, str, str | None]] = []


class Api(BaseHTTPRequestHandler):
    """The list of fine-tuning jobs, for each key another answer."""

    def do_GET(self) -> None:
        SEEN.append(("GET", self.path, self.headers.get("Authorization")))
        status, body = ANSWERS[(self.headers.get("Authorization") or "").removeprefix("Bearer ")]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[str]:
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("provider", "key", "verdict", "said"),
    [
        ("openai", "tuned", "yes, as far as can be seen", "has run a fine-tuning job before"),
        ("openai", "never", "no", "never tuned may start none"),
        ("azure", "never", "not known", "whether one may be started is not said"),
        ("openai", "refused", "no", "may not start fine-tuning jobs (403, training_not_available)"),
        ("openai", "scope", "not known", "may not read"),
        ("openai", "none", "no", "no fine-tuning at this address"),
    ],
)
def test_what_an_answer_means(api: str, provider: str, key: str, verdict: str, said: str) -> None:
    found = eligibility(provider, base_url=api, api_key=key)
    assert found.verdict == verdict
    assert said in found.said
    assert found.next_route


def test_it_is_one_read_and_nothing_else(api: str) -> None:
    eligibility("openai", base_url=api, api_key="tuned")
    assert SEEN == [("GET", "/v1/fine_tuning/jobs?limit=1", "Bearer tuned")]


def test_the_official_client_reads_the_server_as_we_do(api: str) -> None:
    with openai.OpenAI(base_url=api, api_key="tuned", max_retries=0) as client:
        assert client.fine_tuning.jobs.list(limit=1).data[0].id == "ftjob-1"
    with openai.OpenAI(base_url=api, api_key="refused", max_retries=0) as client:
        with pytest.raises(openai.PermissionDeniedError) as e:
            client.fine_tuning.jobs.list(limit=1)
        assert e.value.code == "training_not_available"


def test_the_settings_key_is_used_only_when_asked(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert not can_ask("openai")
    assert not can_ask("azure")
    with pytest.raises(UnavailableError, match="OPENAI_API_KEY"):
        ask("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "refused")
    monkeypatch.setenv("OPENAI_BASE_URL", api)
    assert can_ask("openai")
    assert not can_ask("together")
    assert SEEN == []
    found = ask("openai")
    assert (found.verdict, len(SEEN)) == ("no", 1)
    assert "Microsoft Foundry" in found.next_route
    with pytest.raises(InputError, match="ask it yourself"):
        ask("google")


def test_a_wrong_key_is_said_without_showing_it(api: str) -> None:
    with pytest.raises(InputError) as e:
        eligibility("openai", base_url=api, api_key="key")
    assert "Bearer" not in str(e.value)
    assert "(401)" in str(e.value)


@pytest.mark.parametrize("key", ["page", "down"])
def test_an_answer_that_is_no_list(api: str, key: str) -> None:
    with pytest.raises(UnavailableError):
        eligibility("openai", base_url=api, api_key=key)


def test_nobody_there() -> None:
    with pytest.raises(UnavailableError):
        eligibility("openai", base_url="http://127.0.0.1:9/v1", api_key="tuned")


def test_without_a_key_nothing_is_asked() -> None:
    found = eligibility("openai")
    assert found.verdict == "not known"
    assert {r.id for r in found.requirements} == {"has_tuned_before", "used_tuned_model_lately"}


def test_an_ended_offer_needs_no_key() -> None:
    assert eligibility("cohere").verdict == "no"


@pytest.mark.parametrize("provider", list(providers()))
def test_every_requirement_names_the_way_round_it(provider: str) -> None:
    assert all(r.text and r.otherwise and r.source for r in requirements(provider))
