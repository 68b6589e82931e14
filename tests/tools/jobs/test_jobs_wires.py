"""The clients of other wires: one request each whatever happens, what each answer means, and no key in what is said."""

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import places
import pytest
from other_wires import Serving
from test_jobs_contract import CONTENT, create, keys, search

from tools.errors import UnavailableError
from tools.jobs import launcher, ledger, pricing, reconcile, view
from tools.jobs.approval import approve
from tools.jobs.backends import registry
from tools.jobs.backends.base import Backend, NotSent, Refused, Unanswered
from tools.jobs.models import Job, PlanRequest
from tools.jobs.plan import propose
from tools.jobs.pricing import Price


@pytest.fixture(params=places.KINDS)
def serving(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Serving]:
    pytest.importorskip(places.MODULES[request.param])
    with Serving(request.param) as running:
        for name, value in places.settings(request.param, running.url, tmp_path).items():
            monkeypatch.setenv(name, value)
        places.allow_the_loopback_hub(monkeypatch)
        yield running


@pytest.fixture
def place(serving: Serving) -> Backend:
    return registry.backend(serving.kind)


def send(place: Backend) -> str:
    key = next(keys)
    file_id = place.upload(f"ft-{key}.jsonl", CONTENT)
    create(place, key, file_id)
    return key


# One creation, one request: what the fault is, what it means.
REFUSED, OPEN = Refused, Unanswered
FAULTS = [
    ("400", REFUSED), ("401", REFUSED), ("403", REFUSED), ("422", REFUSED), ("429", REFUSED), ("redirect", REFUSED),
    ("408", OPEN), ("409", OPEN), ("500", OPEN), ("429-html", OPEN), ("502-html", OPEN), ("reset-before", OPEN),
    ("reset-after", OPEN), ("html-200", OPEN), ("half-json", OPEN), ("slow-after:1.2", OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "meaning"), FAULTS, ids=[f[0] for f in FAULTS])
def test_one_creation_is_one_request(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, fault: str, meaning: type[Exception]
) -> None:
    if fault.startswith("slow"):
        module = __import__(f"tools.jobs.backends.{serving.kind}_jobs", fromlist=["x"])
        real = module.threshold
        monkeypatch.setattr(module, "threshold", lambda n: 0.4 if n == "jobs.create_timeout_s" else real(n))
        _fresh_client(module)
    place = registry.backend(serving.kind)
    serving.provider.faults.append(fault)
    with pytest.raises(meaning) as said:
        send(place)
    assert len(serving.provider.posts) == 1
    if meaning is Refused and fault in ("400", "403", "422", "429"):
        words = {"403": "training_not_available", "429": "Quota", "422": "technique is not supported", "400": "cannot"}
        assert words[fault] in str(said.value)
        assert len(serving.provider.jobs) == 0


def _fresh_client(module: Any) -> None:
    """The hub's library keeps one client: made again, with the short time."""
    if hasattr(module, "_careful_client"):
        module._careful_client.cache_clear()


@pytest.fixture(autouse=True)
def fresh_hub_client() -> Iterator[None]:
    yield
    import sys

    _fresh_client(sys.modules.get("tools.jobs.backends.huggingface_jobs"))


def test_a_provider_that_is_not_there_got_nothing(
    serving: Serving, place: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub.utils import _http

    monkeypatch.setattr(_http.time, "sleep", lambda _: None)  # its reads pause between tries
    key = next(keys)
    file_id = place.upload(f"ft-{key}.jsonl", CONTENT)
    serving.http.shutdown()
    serving.http.server_close()
    _http.close_session()  # a connection kept alive would still be answered
    with pytest.raises(NotSent):
        create(place, key, file_id)


def test_a_file_that_is_refused_is_refused(serving: Serving, place: Backend) -> None:
    serving.provider.upload_faults.append("403")
    with pytest.raises(Refused, match="training_not_available"):
        place.upload("ft-1.jsonl", CONTENT)


def test_what_was_sent_is_what_the_plan_says(serving: Serving, place: Backend) -> None:
    key = send(place)
    sent = serving.provider.posts[0]
    text = json.dumps(sent)
    assert key[:12] in text, "the launch can be found again"
    assert not any(secret in text for secret in places.SECRETS)
    if serving.kind == "together":
        assert (sent["n_epochs"], sent["batch_size"], sent["suffix"]) == (1, 8, f"ft-{key[:12]}")
    if serving.kind == "google":
        assert sent["supervisedTuningSpec"]["hyperParameters"]["epochCount"] == 1
        assert sent["supervisedTuningSpec"]["trainingDatasetUri"] == f"gs://bucket/data/ft-{key}.jsonl"
    if serving.kind == "huggingface":
        assert (sent["timeoutSeconds"], sent["flavor"], sent["attempts"]) == (3600, "a10g-small", 1)
        assert "secrets" not in sent
        script = serving.provider.files[f"jobs/{key[:32]}/train.py"].decode()
        assert "N_EPOCHS = 1" in script
        compile(script, "train.py", "exec")


def test_no_key_is_logged(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    place = registry.backend(serving.kind)
    serving.provider.faults.append("500")
    with pytest.raises(Unanswered):
        send(place)
    place.find(search("a" * 64, "x"))
    mine = [r.getMessage() for r in caplog.records if r.name.startswith(("tools", "huggingface_hub", "google_genai"))]
    assert not any(secret in line for line in mine for secret in places.SECRETS)


def test_the_answers_are_those_of_the_published_types(serving: Serving, place: Backend) -> None:
    key = send(place)
    job = place.find(search(key, None))[0]  # type: ignore[arg-type]
    serving.provider.finish(job.id)
    for _ in (place.retrieve(job.id), list(place.events(job.id)), place.checkpoints(job.id)):
        pass
    readers = _readers(serving.kind)
    assert {kind for kind, _ in serving.provider.said} <= set(readers)
    for kind, body in serving.provider.said:
        readers[kind](json.loads(json.dumps(body)))


def _readers(kind: str) -> dict[str, Any]:
    """How each answer is read by the client's own type, strictly."""
    if kind == "together":
        from together import types as t

        def read(model: Any) -> Any:
            return model.model_validate

        return {
            "created": read(t.FinetuneResponse), "job": read(t.FinetuneResponse), "file": read(t.FileResponse),
            "files": read(t.FileList), "jobs": read(t.FineTuningListResponse), "limits": read(t.FinetuneModelLimits),
            "events": read(t.FineTuningListEventsResponse), "metrics": read(t.FineTuningListMetricsResponse),
            "checkpoints": read(t.FineTuningListCheckpointsResponse), "estimate": lambda b: b["estimation_available"],
        }  # fmt: skip
    if kind == "google":
        from google.genai import types as g
        from google.genai.tunings import _TuningJob_from_vertex as from_vertex

        def job(body: dict[str, Any]) -> Any:
            return g.TuningJob.model_validate(from_vertex(body))

        return {"job": job, "list": lambda b: [job(j) for j in b["tuningJobs"]]}
    from huggingface_hub import JobInfo

    return {"job": lambda b: JobInfo(**b), "jobs": lambda b: [JobInfo(**j) for j in b]}


# Whole launches.


@pytest.fixture
def launch(serving: Serving, data: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Propose, approve and launch there, with a known price and the looking for lost jobs quick."""
    said = Price(Decimal("4.20"), Decimal("6.00"), "table-6.00", ("6 USD a job (test)",), None, None)
    monkeypatch.setattr(pricing, "price", lambda **_: said)
    real = ledger.threshold
    short = {
        "jobs.reconcile_1_s": 0.02,
        "jobs.reconcile_2_s": 0.1,
        "jobs.reconcile_3_s": 0.2,
        "jobs.reconcile_4_s": 0.4,
    }
    for module in (ledger, reconcile):
        monkeypatch.setattr(module, "threshold", lambda name: short.get(name) or real(name))

    def go(**changes: Any) -> Job:
        plan = propose(PlanRequest(training_file=data, backend=serving.kind, base_model="gpt-4.1-mini", **changes))
        approve(plan.id, plan.plan_digest, "ada", Decimal("6.00"))
        return launcher.launch(plan.id, person="ada", wait_s=5)

    return go


def test_a_launch_is_followed_to_its_end(serving: Serving, launch: Any) -> None:
    from tools.jobs import monitor

    job = launch()
    assert (job.state, job.status) == ("CONFIRMED", "queued")
    serving.provider.finish(job.provider_job_id)
    monitor.visit_once(job.id)
    report = view.report(job.id)
    assert report.status == "succeeded"
    assert report.fine_tuned_model
    assert report.events
    assert len({e.id for e in report.events}) == len(report.events)
    if serving.kind != "google":
        assert [m.step for m in report.metrics] == [1, 2]
        assert report.result_file


@pytest.mark.parametrize("fault", ["reset-after", "502-html", "html-200", "half-json"])
def test_a_lost_answer_is_adopted(serving: Serving, launch: Any, fault: str) -> None:
    serving.provider.faults.append(fault)
    job = launch()
    assert job.state == "CONFIRMED"
    assert job.provider_job_id in serving.provider.jobs
    assert len(serving.provider.posts) == 1


def test_no_trace_waits_for_a_person(serving: Serving, launch: Any) -> None:
    serving.provider.faults.append("reset-before")
    job = launch()
    assert job.state == "NEEDS_HUMAN"
    assert "jobs resolve" in job.message
    assert (len(serving.provider.posts), len(serving.provider.jobs)) == (1, 0)


def test_two_launches_of_the_same_data_are_told_apart(serving: Serving, launch: Any) -> None:
    first = launch()
    serving.provider.faults.append("reset-after")
    second = launch(repeat=1)
    assert second.state == "CONFIRMED"
    assert first.provider_job_id != second.provider_job_id
    assert len(serving.provider.jobs) == 2


# What is not installed or not set up.


@pytest.mark.parametrize(
    ("name", "missing", "line"),
    [
        ("together", "together", "requirements/install add together"),
        ("google", "google.genai", "requirements/install add google"),
    ],
)
def test_a_missing_part_says_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, missing: str, line: str
) -> None:
    import sys

    for variable, value in places.settings(name, "http://127.0.0.1:1", tmp_path).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, f"tools.jobs.backends.{name}_jobs", raising=False)
    with pytest.raises(UnavailableError) as said:
        registry.backend(name)
    assert line in str(said.value)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("together", "TOGETHER_API_KEY"), ("google", "GOOGLE_CLOUD_PROJECT"), ("huggingface", "HF_TOKEN"),
        ("bedrock", "AWS_BEARER_TOKEN_BEDROCK"), ("azure", "AZURE_OPENAI_ENDPOINT"), ("openai", "OPENAI_API_KEY"),
    ],
)  # fmt: skip
def test_what_is_not_set_up_names_its_setting(monkeypatch: pytest.MonkeyPatch, name: str, variable: str) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UnavailableError, match=variable):
        registry.backend(name)


def test_an_event_of_together_keeps_its_id_in_whatever_order_it_is_listed() -> None:
    from types import SimpleNamespace

    from tools.jobs.backends.together_jobs import _event

    said = [
        SimpleNamespace(
            created_at="2026-11-21T10:00:00Z", type="job_pending", message=m, level="info", total_steps=None
        )
        for m in ("Created.", "Started.")
    ]
    assert [_event(e).id for e in said] == [_event(e).id for e in reversed(said)][::-1]
    assert len({_event(e).id for e in said}) == 2
