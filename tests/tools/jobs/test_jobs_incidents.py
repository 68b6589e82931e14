"""The command line while things go wrong: what is the matter, and what to do, each in a line."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_jobs_cli import run
from wire_provider import Provider, Server

from tools.errors import AdvisorError
from tools.jobs import ledger, monitor, reconcile, refresh, view
from tools.jobs.launcher import launch
from tools.jobs.models import Job, Plan

Make = Callable[..., Plan]
ROOT = Path(__file__).parents[3]
TODO = re.compile(
    r"finetune-advisor jobs |--billed|--why|provider's own |by itself|Nothing was changed|looked for until|--adopt"
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour in a second."""
    short = {"jobs.poll_s": 0.0, "jobs.poll_local_s": 0.01, "jobs.poll_slowest_s": 0.0}
    short |= {f"jobs.reconcile_{i}_s": 0.1 * i for i in range(1, 5)}
    for module in (monitor, refresh, reconcile, ledger):
        real = module.threshold
        monkeypatch.setattr(module, "threshold", lambda name, real=real: short.get(name, real(name)))
    monkeypatch.setattr(reconcile, "RETRY_AFTER_ERROR_S", 0.05)


@pytest.fixture
def job(approved: Make, provider: Provider) -> Job:
    job = launch(approved().id, person="ada")
    provider.jobs[str(job.provider_job_id)]["status"] = "running"
    monitor.visit_once(job.id)
    return job


def said(*arguments: str) -> str:
    """What a person reads, on one line or several; an error is one line and says what to do."""
    result = run(*arguments)
    if result.exception is None:
        return str(result.stdout)
    assert isinstance(result.exception, AdvisorError), result.exception
    error = str(result.exception)
    assert len(error.splitlines()) == 1
    assert TODO.search(error), error
    return error


def test_an_hour_without_the_provider(job: Job, approved: Make, provider: Provider, server: Server) -> None:
    other = approved(repeat=1)
    server.http.shutdown()
    server.http.server_close()
    for _ in range(5):
        shown = said("show", job.id)
    assert re.search(
        r"could not be asked: .* asked again by itself.*; it stands as at \d{4}-\d\d-\d\d \d\d:\d\d UTC", shown
    )
    assert view.get(job.id).silent_since is not None
    assert "running" in shown, "not being able to ask proves nothing"
    assert "asked again by itself" in said("list")
    assert "Ask again" in str(run("pause", job.id).exception)
    assert "It is asked again while jobs are watched" in str(run("cancel", job.id).exception)
    assert "its end was asked for" in said("show", job.id)
    again = f"nothing was bought. Next: finetune-advisor jobs launch {other.id}"
    for _ in range(5):
        assert again in said("launch", other.id, "--as", "ada"), "as often as one likes: nothing was sent"
    assert len(provider.posts) == 1


def test_who_watches_sees_that_the_provider_is_gone_and_back(job: Job, provider: Provider) -> None:
    at = str(job.provider_job_id)
    provider.get_faults.extend(["500"] * 3)
    back = threading.Timer(5, provider.finish, (at,))
    back.start()
    watched = run("watch", job.id)
    back.join()
    assert watched.return_value == 0
    assert watched.stderr.count("could not be asked: 500") == 1, "said once, not each time"
    assert "the provider answers again" in watched.stderr
    assert view.get(job.id).silent_since is None


def test_a_machine_that_goes_down_while_watching(job: Job, provider: Provider) -> None:
    argv = [sys.executable, "-c", "from ui.cli.main import main; main()", "jobs", "watch", job.id]
    with subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as watching:
        assert watching.stderr is not None
        watching.stderr.readline()
        os.kill(watching.pid, signal.SIGKILL)
    provider.finish(str(job.provider_job_id))
    until = time.monotonic() + 20
    while "succeeded" not in (shown := said("show", job.id)):
        assert time.monotonic() < until, shown
        time.sleep(0.2)
    assert [e.message for e in view.events(job.id)] == ["Created."]


def test_a_launch_that_is_never_cleared_up(approved: Make, provider: Provider) -> None:
    plan = approved()
    provider.faults.append("reset-before")
    job = launch(plan.id, person="ada", wait_s=0)
    assert re.search(r"is being looked up|looked for until \d\d:\d\d UTC", said("show", job.id))
    assert "Its next step" in said("resolve", job.id, "--not-created", "--why", "I have looked there")
    assert "its end was asked for" in said("cancel", job.id)
    until = time.monotonic() + 20
    while "needs_human" not in (shown := said("show", job.id)):
        assert time.monotonic() < until, shown
        time.sleep(0.1)
    for command in (("show", job.id), ("list",), ("launch", plan.id, "--as", "ada"), ("watch", job.id)):
        assert f"finetune-advisor jobs resolve {job.id} --adopt PROVIDER_JOB_ID (or --not-created)" in said(*command)
    assert "nothing was measured in this job" in said("next", job.id)
    assert "can be paused; this one is needs_human" in said("pause", job.id)
    assert "--adopt" in said("resolve", job.id, "--why", "I have looked there")
    assert "own list" in said("resolve", job.id, "--adopt", "ftjob-nope", "--why", "I have looked there")
    provider.get_faults.extend(["500"] * 3)
    assert "Nothing was changed" in said("resolve", job.id, "--adopt", "ftjob-nope", "--why", "I have looked there")
    assert f"Next: finetune-advisor jobs launch {plan.id}" in said(
        "resolve", job.id, "--not-created", "--why", "I have looked there"
    )
    assert len(provider.posts) == 1


def test_events_that_come_late_and_out_of_order(job: Job, provider: Provider) -> None:
    at = str(job.provider_job_id)
    provider.say(at, "Step 5", {"step": 5, "train_loss": 1.0, "total_steps": 10})
    said("show", job.id)
    provider.say(at, "Step 2", {"step": 2, "train_loss": 2.0, "total_steps": 10})
    assert "at step 5" in said("show", job.id), "a late step is not the newest"
    provider.finish(at)
    assert "succeeded" in said("show", job.id)
    provider.jobs[at]["status"] = "running"
    for command in ("show", "cancel", "pause", "resume"):
        assert "succeeded" in said(command, job.id)


def test_a_job_that_was_deleted_at_its_provider(job: Job, provider: Provider) -> None:
    provider.jobs.pop(str(job.provider_job_id))
    assert "does not find the job (1 of 5 times)" in said("show", job.id), "noticed in one poll"
    for command in ("pause", "cancel"):
        assert f"Look for {job.provider_job_id} on the provider's own page" in said(command, job.id)
    for _ in range(5):
        shown = said("show", job.id)
    assert "lost_contact" in shown
    assert f"look for {job.provider_job_id} on the provider's own page: if it is there, it is found again" in shown
