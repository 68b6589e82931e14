"""One contract for every backend: each official client at a provider on loopback, and the real local engine."""

import itertools
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import places
import pytest
from other_wires import Serving
from ray_wire import ServingRay
from wire_provider import Server

from tools.jobs import curves, statuses
from tools.jobs.backends.base import Backend, CreateRequest, Missing, Refused, RemoteJob, Search
from tools.jobs.backends.registry import BACKENDS, backend
from tools.jobs.models import DataFile, Envelope

ROOT = Path(__file__).parents[3]
ROWS = [
    {"messages": [{"role": "user", "content": f"Question {i} on my bill"}, {"role": "assistant", "content": "billing"}]}
    for i in range(16)
]
CONTENT = "".join(json.dumps(r) + "\n" for r in ROWS).encode()
MAKE_TINY = """
import json, sys
from pathlib import Path
from tools.engine.tiny import make
make(Path(sys.argv[1]), json.load(sys.stdin), steps=2)
"""
HOURS: dict[str, dict[str, object]] = {"huggingface": {"timeout_hours": 1}}
keys = (f"{n}{i:04x}" for n, i in zip(iter(lambda: secrets.token_hex(30), ""), itertools.count(), strict=False))
"""Launch keys: 64 characters that differ from the first on."""


@pytest.fixture(scope="module")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder whose engine runs until the tests of this file are over; only the slow test needs real weights."""
    from tools.engine import control

    if control.missing():
        pytest.skip(f"the local engine is not installed: {', '.join(control.missing())}")
    home = tmp_path_factory.mktemp("contract-home")
    (home / "models" / "tiny").mkdir(parents=True)
    (home / "models" / "tiny" / "config.json").write_text("{}")
    yield home
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(home))
        assert control.stop(if_idle=False)


CLOUDS = ("wire", *places.KINDS, "ray")


@pytest.fixture(params=[*CLOUDS, "local"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Backend]:
    if request.param == "local":
        monkeypatch.setenv("ADVISOR_HOME", str(request.getfixturevalue("tiny_home")))
        yield backend("local")
    elif request.param in places.KINDS:
        pytest.importorskip(places.MODULES[request.param])
        with Serving(request.param) as serving:
            for name, value in places.settings(request.param, serving.url, tmp_path).items():
                monkeypatch.setenv(name, value)
            places.allow_the_loopback_hub(monkeypatch)
            request.node.provider = serving.provider
            yield backend(request.param)
    elif request.param == "ray":
        pytest.importorskip("ray")
        with ServingRay() as serving_ray:
            monkeypatch.setenv("ADVISOR_RAY_ADDRESS", serving_ray.url)
            base = Path(os.environ["ADVISOR_HOME"]) / "models" / "tiny"
            base.mkdir(parents=True)
            (base / "config.json").write_text("{}")
            request.node.provider = serving_ray.provider
            yield backend("ray")
    else:
        server: Server = request.getfixturevalue("server")
        request.node.provider = server.provider
        yield backend("wire")


def make_tiny(home: Path) -> None:
    """Real weights, in a process of its own: torch stays out of this one."""
    subprocess.run(
        [sys.executable, "-c", MAKE_TINY, str(home / "models" / "tiny")],
        input=json.dumps([r["messages"] for r in ROWS]),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        check=True,
        stderr=subprocess.DEVNULL,
    )


def envelope(place: Backend, **changes: object) -> Envelope:
    settings = {"n_epochs": 1, "batch_size": 8, **HOURS.get(place.name, {})}
    file = DataFile(sha256="a" * 64, bytes=len(CONTENT), rows=len(ROWS), tokens=None)
    values: dict[str, object] = {
        "owner": "local", "backend": place.name, "account": place.account(), "base_model": "tiny", "technique": "sft",
        "method": "supervised", "hyperparameters": settings, "grader": None, "seed": 0,
        "suffix": None, "tier": place.default_tier, "training": file, "validation": None, "price_table": "local",
        "worst_case_usd": "0", "blockers": (), "stop_rules": (), "repeat": 0,
    }  # fmt: skip
    return Envelope.model_validate({**values, **changes})


def create(place: Backend, key: str, file_id: str, **changes: object) -> RemoteJob:
    return place.create(CreateRequest(key, 1, envelope(place, **changes), file_id, None))


def search(key: str, file_id: str) -> Search:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    return Search(key, "tiny", file_id, now - hour, now + hour)


def test_every_backend_is_named_in_the_documentation() -> None:
    text = (ROOT / "docs" / "jobs.md").read_text()
    assert all(f"`{name}`" in text for name in BACKENDS)


def test_files_are_sent_once_and_found_again(place: Backend) -> None:
    name = f"ft-{next(keys)}.jsonl"
    assert place.find_file(name, len(CONTENT)) is None
    file_id = place.upload(name, CONTENT)
    assert place.find_file(name, len(CONTENT)) == file_id
    assert place.find_file(name, len(CONTENT) + 1) is None
    assert place.has_file(file_id)
    assert not place.has_file("file-000000000000000000000000")


def test_a_job_is_made_found_by_its_key_and_followed(place: Backend) -> None:
    key = next(keys)
    file_id = place.upload(f"ft-{key}.jsonl", CONTENT)
    assert place.find(search(key, file_id)) == []
    job = create(place, key, file_id)
    assert job.metadata == {"ft_launch": key, "ft_attempt": "1"}
    assert abs((job.created_at - datetime.now(UTC)).total_seconds()) < 60
    assert [j.id for j in place.find(search(key, file_id))] == [job.id]
    assert place.find(search("another key", "another file")) == []
    assert place.retrieve(job.id).id == job.id
    first = list(place.events(job.id))
    assert first
    assert len({e.id for e in first}) == len(first)
    assert statuses.unified(place.cancel(job.id).status) == "cancelled"
    assert statuses.unified(place.retrieve(job.id).status) == "cancelled"


def test_the_same_key_at_an_idempotent_backend_is_the_same_job(place: Backend) -> None:
    key = next(keys)
    file_id = place.upload(f"ft-{key}.jsonl", CONTENT)
    ids = {create(place, key, file_id).id for _ in range(3)}
    assert (len(ids) == 1) is place.idempotent
    for job_id in ids:
        place.cancel(job_id)


def test_a_clear_no_is_a_refusal(place: Backend, request: pytest.FixtureRequest) -> None:
    if place.name in CLOUDS:
        request.node.provider.faults.append("400")
    file_id = place.upload(f"ft-{next(keys)}.jsonl", CONTENT)
    with pytest.raises(Refused) as said:
        create(place, next(keys), file_id, base_model="no-such-model")
    assert said.value.message
    assert said.value.code


def test_what_is_not_there_is_missing(place: Backend) -> None:
    nowhere = "ftjob-000000000000000000000000"
    for ask in (place.retrieve, place.cancel, lambda i: list(place.events(i))):
        with pytest.raises(Missing):
            ask(nowhere)


def test_the_account_is_stable_and_holds_no_secret(place: Backend) -> None:
    assert place.account() == place.account()
    assert not any(secret in place.account() for secret in places.SECRETS)


def test_a_place_that_cannot_pause_says_so(place: Backend) -> None:
    if place.pauses:
        pytest.skip("it can")
    for ask in (place.pause, place.resume):
        with pytest.raises(Refused, match="cannot pause"):
            ask("any")


@pytest.mark.parametrize("place", [*CLOUDS, pytest.param("local", marks=pytest.mark.slow)], indirect=True)
def test_a_job_that_succeeds_leaves_a_model_checkpoints_and_results(
    place: Backend, request: pytest.FixtureRequest
) -> None:
    if place.name == "local":
        make_tiny(request.getfixturevalue("tiny_home"))
    key = next(keys)
    file_id = place.upload(f"ft-{key}.jsonl", CONTENT)
    job = create(place, key, file_id)
    if place.name in CLOUDS:
        request.node.provider.finish(job.id)
    until = time.monotonic() + 120
    while statuses.unified((now := place.retrieve(job.id)).status) not in ("succeeded", "failed", "cancelled"):
        assert time.monotonic() < until, now
        time.sleep(0.2)
    assert statuses.unified(now.status) == "succeeded", now.error
    assert now.fine_tuned_model
    assert now.trained_tokens or place.name == "huggingface", "a machine by the hour counts no tokens"
    assert now.finished_at
    results = place.results(now)
    assert results is not None or place.name == "google", "Google keeps its curves in the project"
    if results is not None:
        assert curves.parse(results)[0].train_loss
    assert isinstance(place.checkpoints(job.id), list)
    with pytest.raises(Refused):
        place.cancel(job.id)
