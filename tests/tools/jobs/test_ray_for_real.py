"""Two real Ray nodes on loopback, and one of them, or a worker, killed in the middle: the job finishes all the same."""

import csv
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tools.engine import control

ROOT = Path(__file__).parents[3]
WORDS = ("bill", "parcel", "password")
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
    if control.missing():
        pytest.skip(f"the local engine is not installed: {', '.join(control.missing())}")
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # nothing beyond loopback reaches it
    argv = [sys.executable, "-c", MAKE_TINY, str(home / "models" / "tiny")]
    rows = json.dumps([row["messages"] for row in ROWS])
    subprocess.run(argv, input=rows, text=True, check=True, stderr=subprocess.DEVNULL)
    short = Path(f"/tmp/ray-{os.getpid()}")  # the path of a socket may have 107 characters
    short.mkdir(mode=0o700)
    with (tmp_path_factory.mktemp("ray") / "cluster.log").open("w") as log:
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
            told = json.loads(cluster.stdout.readline())
            monkeypatch.setenv("ADVISOR_RAY_ADDRESS", told["address"])
            yield told["nodes"]
            assert not [path for path in (short / "ray").rglob("*.*") if holds_a_row(path)]
        finally:
            cluster.stdin.close()
            cluster.wait(60)
            cluster.stdout.close()
            subprocess.run(["rm", "-rf", str(short)], check=True)
            assert control.stop(if_idle=False)


def holds_a_row(path: Path) -> bool:
    """Whether a file of the cluster (its logs, above all) holds words of the data."""
    return path.is_file() and b" on my parcel" in path.read_bytes()


def advisor(*words: str) -> Any:
    """The command line, as a person uses it."""
    argv = [str(Path(sys.executable).parent / "finetune-advisor"), "jobs", *words, "--json"]
    done = subprocess.run(argv, cwd=ROOT, text=True, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


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


@pytest.mark.parametrize(("kill", "left"), [(kill_a_worker, 2), (kill_a_node, 1)])
def test_a_job_finishes_though_one_is_killed_in_the_middle(
    place: Any, kill: Callable[[Any], None], left: int, home: Path, tmp_path: Path
) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    settings = ["--set", f"n_epochs={EPOCHS}", "--set", "batch_size=8", "--set", "workers=2"]
    plan = advisor("plan", str(data), "--backend", "ray", "--base-model", "tiny", *settings)
    advisor("approve", plan["id"], "--digest", plan["plan_digest"], "--as", "ada")
    job_id = advisor("launch", plan["id"], "--as", "ada")["id"]
    assert advisor("launch", plan["id"], "--as", "ada")["id"] == job_id

    watched(job_id, lambda job: (job["step"] or 0) >= STEPS // 3, 300)
    kill(place)
    job = watched(job_id, lambda job: job["status"] == "succeeded", 400)

    assert job["provider_status"] == "SUCCEEDED"
    said = [event["data"] or {} for event in job["events"]]
    (again,) = [data for data in said if "resumed_from" in data]
    assert again["resumed_from"] > 0
    assert again["workers"] == left
    same = [data["weights_sha256"] for data in said if "weights_sha256" in data]
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
