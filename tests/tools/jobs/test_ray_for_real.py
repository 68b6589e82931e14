"""Two real Ray nodes on loopback: a worker or a node killed in the middle, and a cluster that asks for a token."""

import csv
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tools.engine import control

ROOT = Path(__file__).parents[3]
WORDS = ("bill", "parcel", "password")
ROW_WORDS = b" on my parcel"
ROWS = [
    {"messages": [{"role": "user", "content": f"Question {i} on my {w}"}, {"role": "assistant", "content": "delivery"}]}
    for i in range(16)
    for w in WORDS
]
EPOCHS, STEPS = 5, 30
MAKE_TINY = """
import json, sys
from pathlib import Path
from tools.engine.tiny import make
make(Path(sys.argv[1]), json.load(sys.stdin), steps=2)
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def place(home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The raylets of a cluster of two nodes, and a tiny model to train there."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # nothing beyond loopback reaches it
    with two_nodes(home, tmp_path_factory.mktemp("ray") / "cluster.log", monkeypatch, ROW_WORDS) as nodes:
        yield nodes


@contextmanager
def two_nodes(home: Path, log_at: Path, monkeypatch: pytest.MonkeyPatch, hidden: bytes) -> Iterator[Any]:
    """A cluster in whose files, its logs above all, the bytes `hidden` are never to be found."""
    if control.missing():
        pytest.skip(f"the local engine is not installed: {', '.join(control.missing())}")
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    argv = [sys.executable, "-c", MAKE_TINY, str(home / "models" / "tiny")]
    rows = json.dumps([row["messages"] for row in ROWS])
    subprocess.run(argv, input=rows, text=True, check=True, stderr=subprocess.DEVNULL)
    short = Path(f"/tmp/ray-{os.getpid()}")  # the path of a socket may have 107 characters
    short.mkdir(mode=0o700)
    with log_at.open("w") as log:
        cluster = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "ray_cluster.py"), str(short), "2"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert cluster.stdin is not None
        assert cluster.stdout is not None
        try:
            line = cluster.stdout.readline()
            assert line, log_at.read_text()[-3000:]
            told = json.loads(line)
            monkeypatch.setenv("ADVISOR_RAY_ADDRESS", told["address"])
            yield told["nodes"]
            assert holding(short / "ray", hidden) == []
            assert hidden not in log_at.read_bytes()
        finally:
            cluster.stdin.close()
            cluster.wait(60)
            cluster.stdout.close()
            subprocess.run(["rm", "-rf", str(short)], check=True)
            assert control.stop(if_idle=False)


def holding(folder: Path, words: bytes) -> list[Path]:
    """Files below a folder that hold these bytes."""
    return [path for path in folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def advisor(*words: str) -> Any:
    """The command line, as a person uses it."""
    done = said(*words)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def said(*words: str) -> subprocess.CompletedProcess[str]:
    """What it answers, whether it worked or not."""
    argv = [str(Path(sys.executable).parent / "finetune-advisor"), "jobs", *words, "--json"]
    return subprocess.run(argv, cwd=ROOT, text=True, capture_output=True, check=False, timeout=300)


def kill_a_worker(nodes: list[dict[str, Any]]) -> None:
    """One training process, on the second node."""
    children = psutil.Process(nodes[1]["raylet"]).children(recursive=True)
    (worker,) = [p for p in children if "RayTrainWorker" in " ".join(p.cmdline())]
    worker.kill()


def kill_a_node(nodes: list[dict[str, Any]]) -> None:
    """The second node with all that runs on it."""
    raylet = psutil.Process(nodes[1]["raylet"])
    for process in (raylet, *raylet.children(recursive=True)):
        process.kill()


def watched(job_id: str, enough: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
    """The job once it is as asked; watching is what brings the records up to date."""
    from tools.jobs import view
    from tools.jobs.refresh import refresh

    until = time.monotonic() + seconds
    while True:
        refresh(job_id, "local")
        found: dict[str, Any] = view.report(job_id).model_dump(mode="json")
        if enough(found):
            return found
        assert found["status"] not in ("failed", "cancelled"), found["error"]
        assert time.monotonic() < until, found["message"]
        time.sleep(0.3)


def approved(folder: Path, epochs: int) -> Any:
    """A plan for two workers that ada has approved."""
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    settings = ["--set", f"n_epochs={epochs}", "--set", "batch_size=8", "--set", "workers=2"]
    plan = advisor("plan", str(data), "--backend", "ray", "--base-model", "tiny", *settings)
    advisor("approve", plan["id"], "--digest", plan["plan_digest"], "--as", "ada")
    return plan


@pytest.mark.parametrize(("kill", "left"), [(kill_a_worker, 2), (kill_a_node, 1)])
def test_a_job_finishes_though_one_is_killed_in_the_middle(
    place: Any, kill: Callable[[Any], None], left: int, home: Path, tmp_path: Path
) -> None:
    plan = approved(tmp_path, EPOCHS)
    job_id = advisor("launch", plan["id"], "--as", "ada")["id"]
    assert advisor("launch", plan["id"], "--as", "ada")["id"] == job_id

    watched(job_id, lambda job: (job["step"] or 0) >= STEPS // 3, 300)
    kill(place)
    job = watched(job_id, lambda job: job["status"] == "succeeded", 400)

    assert job["provider_status"] == "SUCCEEDED"
    told = [event["data"] or {} for event in job["events"]]
    (again,) = [data for data in told if "resumed_from" in data]
    assert again["resumed_from"] > 0
    assert again["workers"] == left
    same = [data["weights_sha256"] for data in told if "weights_sha256" in data]
    assert len(same) == (left > 1), "compared by the workers themselves; a difference fails the job"
    with (home / job["result_file"]).open(newline="") as f:
        curve = [(int(row["step"]), float(row["train_loss"])) for row in csv.DictReader(f)]
    assert [step for step, _ in curve] == list(range(1, STEPS + 1))
    assert curve[-1][1] < curve[0][1]
    assert not list((home / "ray" / "engine" / "ray").iterdir()), "the optimiser's states are taken away"
    answers(job["fine_tuned_model"])


def answers(model: str) -> None:
    """The tuned model answers through the engine on this computer, like one trained here."""
    import openai

    engine = control.ensure_running()
    key = engine.token.get_secret_value()
    with openai.OpenAI(base_url=engine.base_url, api_key=key, max_retries=0, timeout=300) as client:
        assert model in [m.id for m in client.models.list()]
        question: Any = [{"role": "user", "content": "Question 3 on my parcel"}]
        assert client.chat.completions.create(model=model, messages=question, max_tokens=4).choices[0].message.content


def test_a_cluster_that_asks_for_a_token_trains_for_who_has_it(
    home: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None and a wrong one: one line each, nothing at Ray. The right one: trained. No file of ours or Ray holds it."""
    token = secrets.token_hex(32)
    monkeypatch.setenv("HOME", str(tmp_path))  # where Ray looks for a token by itself
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", token)
    told: list[str] = []
    with two_nodes(home, tmp_path_factory.mktemp("ray") / "cluster.log", monkeypatch, token.encode()):
        monkeypatch.delenv("RAY_AUTH_MODE")
        monkeypatch.delenv("RAY_AUTH_TOKEN")
        plan = approved(tmp_path, 1)
        for wrong, words in ((None, "the cluster wants a token"), ("n" * 64, "the cluster does not take this token")):
            if wrong is not None:
                monkeypatch.setenv("RAY_AUTH_TOKEN", wrong)
            no = said("launch", plan["id"], "--as", "ada")
            assert no.returncode == 1
            job = json.loads(no.stdout)
            assert job["state"] == "NOT_CREATED"
            assert words in job["message"]
            assert len(job["message"].splitlines()) == 1
            told += [no.stdout, no.stderr]
        monkeypatch.setenv("RAY_AUTH_TOKEN", token)
        yes = said("launch", plan["id"], "--as", "ada")
        assert yes.returncode == 0, yes.stdout + yes.stderr
        job = json.loads(yes.stdout)
        end = said("watch", job["id"])
        told += [yes.stdout, yes.stderr, end.stdout, end.stderr]
        job = json.loads(end.stdout)
        assert (job["status"], job["step"], job["attempt"]) == ("succeeded", 6, 3)
        assert holding(home, token.encode()) == []
        assert token not in "".join(told)
        answers(job["fine_tuned_model"])
