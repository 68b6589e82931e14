"""What a crash, a kill, a full disk or a restart may cost: one job at most, and never its reason."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from engine_helpers import PATIENT, ROOT, ROWS, connect, finished, jsonl, living_in, supervised, until

from tools.engine import control, jobs, processes
from tools.engine.durable import read_json

pytestmark = PATIENT

LONG = supervised(n_epochs=50, batch_size=1)


@pytest.fixture
def own(tiny_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A home folder of the test's own, with the tiny model, and no engine left behind."""
    home = tmp_path / "own"
    (home / "models").mkdir(parents=True)
    (home / "models" / "tiny").symlink_to(tiny_home / "models" / "tiny")
    with living_in(home):
        yield home
        control.stop(if_idle=False)


def start(home: Path) -> tuple[control.Engine, openai.OpenAI]:
    with living_in(home):
        engine = control.ensure_running()
    return engine, connect(engine)


def launch(client: openai.OpenAI, **more: Any) -> Any:
    file = client.files.create(file=("train.jsonl", jsonl(ROWS)), purpose="fine-tune")
    return client.fine_tuning.jobs.create(model="tiny", training_file=file.id, **more)


def process_of(home: Path, job_id: str) -> processes.ProcessId:
    path = home / "engine" / "jobs" / job_id / "job.json"
    return processes.ProcessId(**until(lambda: (read_json(path) or {}).get("process")))


def test_one_job_at_a_time_and_cancel_really_stops(client: openai.OpenAI, tiny_home: Path) -> None:
    first, second = launch(client, method=LONG), launch(client, method=LONG)
    process = process_of(tiny_home, first.id)
    assert client.fine_tuning.jobs.retrieve(second.id).status == "queued"
    assert client.fine_tuning.jobs.cancel(second.id).status == "cancelled"
    cancelled = client.fine_tuning.jobs.cancel(first.id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at
    assert not processes.alive(process)
    with pytest.raises(openai.BadRequestError, match="already cancelled"):
        client.fine_tuning.jobs.cancel(first.id)


def test_a_killed_training_process_fails_its_job_with_the_reason(client: openai.OpenAI, tiny_home: Path) -> None:
    job = launch(client, method=LONG)
    os.kill(process_of(tiny_home, job.id).pid, signal.SIGKILL)
    job = finished(client, job.id)
    assert (job.status, job.error.code) == ("failed", "process_ended")
    assert "signal 9" in job.error.message


def test_a_killed_engine_finds_its_running_job_again(own: Path) -> None:
    engine, client = start(own)
    job = launch(client, method=supervised(n_epochs=2))
    waiting = launch(client, method=supervised(n_epochs=1))
    process = process_of(own, job.id)
    os.kill(engine.pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(engine.pid) or psutil.Process(engine.pid).status() == "zombie")
    assert processes.alive(process)
    engine, client = start(own)
    assert finished(client, job.id).status == "succeeded"
    assert process_of(own, job.id) == process
    assert client.fine_tuning.jobs.retrieve(waiting.id).status != "failed"


def test_an_engine_that_comes_back_after_the_machine_says_so_of_its_job(own: Path) -> None:
    engine, client = start(own)
    job = launch(client, method=LONG)
    process = process_of(own, job.id)
    os.kill(engine.pid, signal.SIGKILL)
    os.killpg(process.pid, signal.SIGKILL)
    until(lambda: not processes.alive(process))
    _, client = start(own)
    job = finished(client, job.id)
    assert (job.status, job.error.code) == ("failed", "process_ended")
    assert "restarted" in job.error.message


def test_sigterm_ends_the_engine_cleanly_and_spares_the_job(own: Path) -> None:
    engine, client = start(own)
    process = process_of(own, launch(client, method=LONG).id)
    with pytest.raises(openai.ConflictError, match="not finished"):
        client.post("/../engine/stop", cast_to=object)
    psutil.Process(engine.pid).terminate()
    until(lambda: not (own / "engine" / "engine.json").exists(), 10)
    assert processes.alive(process)
    start(own)  # so that the fixture finds the job and stops it
    control.stop(if_idle=False)
    assert not processes.alive(process)


def test_two_that_need_an_engine_get_the_same_one(own: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: control.ensure_running(), range(2))
    assert one == two
    state = own / "engine" / "engine.json"
    assert state.stat().st_mode & 0o777 == 0o600
    argv = [sys.executable, "-m", "tools.engine"]
    second = subprocess.run(argv, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert second.returncode == 3
    assert "already runs" in second.stderr
    assert control.status().running
    assert control.stop()
    assert not control.status().running


def test_a_port_in_use_is_said(own: Path, engine: control.Engine) -> None:
    port = engine.base_url.split(":")[2].split("/")[0]
    argv = [sys.executable, "-m", "tools.engine", "--port", port]
    ended = subprocess.run(argv, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ended.returncode == 4
    assert f"Port {port} cannot be used" in ended.stderr


def test_a_disk_that_fills_up_fails_the_job_in_one_line_and_keeps_no_partial_adapter(
    client: openai.OpenAI, tiny_home: Path, training_file: str
) -> None:
    """RLIMIT_FSIZE stands in for the full disk: the adapter (about 0.3 MB) cannot be written, small files can."""
    stored = jobs.Job.model_validate(
        {
            "id": "ftjob-diskfull",
            "created_at": 1,
            "request": {"model": "tiny", "training_file": training_file, "method": supervised(n_epochs=1, lora_r=64)},
            "base": str(tiny_home / "models" / "tiny"),
            "seed": 0,
            "status": "failed",
        }
    )
    with living_in(tiny_home):
        folder = stored.folder
        folder.mkdir()
        stored.save()
        ended = subprocess.run(
            [sys.executable, "-m", "tools.engine.train", str(folder)],
            env=processes.environment(),
            capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        )
    assert ended.returncode == 1
    outcome = read_json(folder / "outcome.json")
    assert outcome["error"]["code"] == "disk_full"
    assert not (folder / "adapter").exists()
    assert not list((folder / "checkpoints").glob("*"))
