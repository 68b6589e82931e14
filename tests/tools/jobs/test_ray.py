"""Ray behind the contract: submitted once, reconciled by Ray's own refusal, and what ends up on this computer."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from ray_wire import Ray, ServingRay

pytest.importorskip("ray")

from tools.engine import jobs as engine_jobs
from tools.engine import models as engine_models
from tools.engine.distributed import shared
from tools.engine.rows import DataError
from tools.engine.team import Team
from tools.errors import InputError, UnavailableError
from tools.jobs import hyperparameters, statuses
from tools.jobs.backends import registry
from tools.jobs.backends.base import CreateRequest, Missing, NotSent, Refused, RemoteJob, Unanswered, Unreachable
from tools.jobs.backends.ray import ENTRYPOINT, RayBackend
from tools.jobs.models import DataFile, Envelope, Plan, PlanRequest

KEY = "k" * 64
CONTENT = b'{"messages": [{"role": "user", "content": "SECRET-ROW"}, {"role": "assistant", "content": "b"}]}\n' * 8


@pytest.fixture
def base(home: Path) -> Path:
    folder = home / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ray]:
    with ServingRay() as running:
        monkeypatch.setenv("ADVISOR_RAY_ADDRESS", running.url)
        yield running.provider


def send(place: RayBackend, key: str = KEY, **changes: object) -> RemoteJob:
    file = DataFile(sha256="a" * 64, bytes=len(CONTENT), rows=8, tokens=None)
    plan = Envelope.model_validate(
        {
            "owner": "local", "backend": "ray", "account": place.account(), "base_model": "tiny", "technique": "sft",
            "method": "supervised", "hyperparameters": {"n_epochs": 1, "batch_size": 8, "workers": 2}, "grader": None,
            "seed": 0, "suffix": None, "tier": None, "training": file, "validation": None, "price_table": "local",
            "worst_case_usd": "0", "blockers": (), "stop_rules": (), "repeat": 0, **changes,
        }
    )  # fmt: skip
    return place.create(CreateRequest(key, 1, plan, place.upload("ft-x.jsonl", CONTENT), None))


def test_what_is_submitted_holds_no_word_of_a_person_and_no_row(base: Path, serving: Ray) -> None:
    job = send(RayBackend(), suffix="x-touch-pwned")
    (body,) = serving.posts
    assert body["entrypoint"] == ENTRYPOINT == "python -m tools.engine.distributed.on_ray"
    assert body["submission_id"] == job.id == shared.id_of(KEY)
    assert body["metadata"] == {"ft_launch": KEY, "ft_attempt": "1"}
    said = json.dumps(body)
    assert "pwned" not in said
    assert "SECRET-ROW" not in said
    assert body["runtime_env"]["env_vars"]["ADVISOR_RAY_WORKERS"] == "2"
    assert body["runtime_env"]["env_vars"]["RAY_USAGE_STATS_ENABLED"] == "0"


def test_the_nodes_get_our_code_and_nothing_else(base: Path, serving: Ray) -> None:
    send(RayBackend())
    names = [name for raw in serving.packages.values() for name in zipfile.ZipFile(BytesIO(raw)).namelist()]
    assert "tools/engine/train.py" in names
    assert "knowledge/thresholds/jobs.yaml" in names
    assert {name.split("/")[0] for name in names} == {"tools", "knowledge"}
    assert not [name for name in names if "__pycache__" in name]


def test_a_second_submission_is_refused_by_ray_and_is_the_same_job(base: Path, serving: Ray) -> None:
    place = RayBackend()
    assert len({send(place).id for _ in range(3)}) == 1
    assert len(serving.posts) == 3
    assert len(serving.jobs) == 1


@pytest.mark.parametrize("fault", ["reset-after", "502-html", "html-200"])
def test_a_lost_answer_is_reconciled_by_the_submission_id(base: Path, serving: Ray, fault: str) -> None:
    serving.faults.append(fault)
    with pytest.raises(Unanswered):
        send(RayBackend())
    assert send(RayBackend()).id == shared.id_of(KEY)
    assert len(serving.jobs) == 1


def test_a_redirect_is_not_followed(base: Path, serving: Ray) -> None:
    serving.faults.append("redirect")
    with pytest.raises(Refused):
        send(RayBackend())
    assert len(serving.posts) == 1


def test_nothing_is_sent_where_no_cluster_answers(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_RAY_ADDRESS", "http://127.0.0.1:9")
    with pytest.raises(NotSent):
        send(RayBackend())
    with pytest.raises(Unreachable):
        RayBackend().retrieve(shared.id_of(KEY))


def test_a_cluster_without_a_ready_node_made_nothing(base: Path, serving: Ray) -> None:
    serving.faults.append("no-agent")
    with pytest.raises(NotSent, match="no node"):
        send(RayBackend())
    assert not serving.jobs


ASK = """
import sys
from tools.jobs.backends.base import BackendError
from tools.jobs.backends.ray_client import Client
place = Client(sys.argv[1])
try:
    place.submit("job-1", "true", {}, {})
    print("taken")
except BackendError as e:
    print(type(e).__name__, e.message)
"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "NotSent the cluster wants a token: set RAY_AUTH_MODE=token, and the token as RAY_AUTH_TOKEN"),
        ({"RAY_AUTH_TOKEN": "n" * 64}, "NotSent the cluster does not take this token: set RAY_AUTH_TOKEN"),
        ({"RAY_AUTH_TOKEN": "t" * 64}, "taken"),
    ],
    ids=["none", "another", "its own"],
)
def test_a_cluster_with_a_token_is_told_it_and_says_in_one_line_what_is_wrong(
    home: Path, serving: Ray, given: dict[str, str], said: str
) -> None:
    # Ray reads its settings once, when it is imported.
    serving.token = "t" * 64
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    argv = [sys.executable, "-c", ASK, os.environ["ADVISOR_RAY_ADDRESS"]]
    done = subprocess.run(argv, capture_output=True, text=True, env={**clean, **given}, check=True)
    assert done.stdout.startswith(said)
    assert len(done.stdout.splitlines()) == 1
    assert len(serving.jobs) == (said == "taken")


@pytest.mark.parametrize(
    ("ray", "ours"),
    [("PENDING", "queued"), ("RUNNING", "running"), ("STOPPED", "cancelled"), ("FAILED", "failed")],
)
def test_rays_own_word_is_kept_beside_ours(base: Path, serving: Ray, ray: str, ours: str) -> None:
    place = RayBackend()
    job = send(place)
    serving.jobs[job.id]["status"] = ray
    serving.jobs[job.id]["end_time"] = 1
    now = place.retrieve(job.id)
    assert (now.status, statuses.unified(now.status)) == (ray, ours)


def test_why_it_failed_is_said_without_the_tail_of_the_log(base: Path, serving: Ray) -> None:
    place = RayBackend()
    job = send(place)
    words = (
        "Job entrypoint command failed with exit code 1, last available logs (truncated to 20,000 chars):\nSECRET-ROW"
    )
    serving.end(job.id, "FAILED", words)
    error = place.retrieve(job.id).error
    assert error is not None
    assert error["message"] == "Job entrypoint command failed with exit code 1,"


def test_the_tuned_model_is_collected_and_answers_like_a_local_one(base: Path, home: Path, serving: Ray) -> None:
    place = RayBackend()
    job = send(place)
    serving.finish(job.id)
    done = place.retrieve(job.id)
    assert done.fine_tuned_model
    assert place.retrieve(job.id) == done
    weights = engine_models.weights(done.fine_tuned_model)
    assert weights.base == str(base)
    assert weights.adapter == home / "engine" / "jobs" / job.id / "adapter"
    assert engine_jobs.get(job.id).status == "succeeded"
    # A model that was deleted here does not come back.
    engine_models.delete(done.fine_tuned_model)
    place.retrieve(job.id)
    assert not (home / "engine" / "jobs" / job.id / "adapter").exists()


def test_a_cluster_that_is_gone_does_not_take_the_result_with_it(base: Path, serving: Ray) -> None:
    place = RayBackend()
    job = send(place)
    serving.finish(job.id)
    serving.jobs.clear()
    assert RayBackend().retrieve(job.id).status == "SUCCEEDED"
    other = send(place, "another key")
    serving.jobs.clear()
    with pytest.raises(Missing):
        RayBackend().retrieve(other.id)


def test_an_earlier_adapter_is_taken_along(base: Path, serving: Ray) -> None:
    place = RayBackend()
    first = send(place)
    serving.finish(first.id)
    tuned = place.retrieve(first.id).fine_tuned_model
    again = send(place, "second", base_model=tuned)
    placed = shared.get(shared.storage(), again.id)
    assert placed is not None
    assert placed.start_adapter == str(placed.folder / "start")
    assert (placed.folder / "start" / "adapter_config.json").is_file()


@pytest.mark.parametrize("address", ["ray://head:10001", "head:8265", "x; touch pwned", "file:///etc"])
def test_only_the_address_of_a_dashboard_is_taken(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ADVISOR_RAY_ADDRESS", address)
    with pytest.raises(InputError):
        RayBackend()


def test_a_shared_folder_has_the_same_name_on_every_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_RAY_STORAGE", "relative/folder")
    with pytest.raises(InputError, match="absolute"):
        RayBackend()


def test_without_the_package_its_install_line_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else real(name))
    with pytest.raises(UnavailableError) as said:
        registry.backend("ray")
    assert "requirements/install add ray" in str(said.value)


def test_planning_does_not_load_ray(home: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from tools.jobs.backends.registry import backend; "
        "backend('ray').account(); print('ray' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], env=os.environ, text=True, capture_output=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(("batch", "workers", "fewest"), [(8, 2, 1), (8, 4, 4), (12, 4, 1), (12, 6, 6), (6, 3, 1)])
def test_a_job_goes_on_with_fewer_only_where_the_batch_still_divides(batch: int, workers: int, fewest: int) -> None:
    from tools.engine.distributed.on_ray import fewest as least

    assert least(workers, batch) == fewest
    assert all(Team(size=n).share(batch) * n == batch for n in range(fewest, workers + 1))


def test_a_batch_is_never_divided_unevenly() -> None:
    with pytest.raises(DataError):
        Team(size=3).share(8)
    with pytest.raises(InputError, match="evenly"):
        hyperparameters.choose("sft", "ray", 100, {"workers": 3, "batch_size": 8})


def test_the_plan_says_how_many_workers_and_why(base: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.jobs.plan import propose

    def plan() -> Plan:
        return propose(PlanRequest(training_file=data, backend="ray", base_model="tiny"))

    by_default = plan()
    assert by_default.envelope.hyperparameters["workers"] == 2
    assert by_default.envelope.worst_case_usd == 0
    assert by_default.launchable
    monkeypatch.setenv("ADVISOR_RAY_WORKERS", "4")
    assert plan().envelope.hyperparameters["workers"] == 4
    assert plan().plan_digest != by_default.plan_digest
