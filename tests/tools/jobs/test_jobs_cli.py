"""`finetune-advisor jobs`: the same functions from a shell; JSON on standard output, a person at the approval."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from wire_provider import Provider

from tools.errors import AdvisorError, InputError, RefusedError
from tools.jobs.models import Plan
from ui.cli.jobs import jobs

Make = Callable[..., Plan]
KEYS = {"id", "status", "plan_digest", "provider_job_id", "events", "metrics"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(jobs, arguments, standalone_mode=False)


def said(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    if result.exception is not None:
        raise result.exception
    return json.loads(result.stdout)


def refused(*arguments: str) -> AdvisorError:
    error = run(*arguments).exception
    assert isinstance(error, AdvisorError), error
    return error


def test_the_whole_way(cost: Any, data: Path, provider: Provider) -> None:
    plan = said("plan", str(data), "--backend", "wire", "--base-model", "gpt-4.1-mini", "--epochs", "2")
    assert plan.keys() >= KEYS
    assert (plan["status"], plan["provider_job_id"], plan["launchable"]) == ("proposed", None, True)
    assert plan["plan"]["envelope"]["hyperparameters"]["n_epochs"] == 2
    approved = said("approve", plan["id"], "--digest", plan["plan_digest"], "--as", "ada")
    assert (approved["status"], approved["approval"]["ceiling_usd"]) == ("approved", "6.00")
    job = said("launch", plan["id"], "--as", "ada")
    assert job.keys() >= KEYS
    assert (job["state"], job["provider_job_id"]) == ("CONFIRMED", "ftjob-000002")
    assert said("launch", plan["id"], "--as", "ada")["id"] == job["id"], "said twice, it shows the same job"
    provider.say(job["provider_job_id"], "Step 1", {"step": 1, "train_loss": 2.0})
    provider.finish(job["provider_job_id"])
    watched = run("watch", job["id"], "--json")
    assert watched.return_value == 0
    assert "Step 1" in watched.stderr
    report = json.loads(watched.stdout)
    assert (report["status"], report["metrics"][0]["train_loss"]) == ("succeeded", 2.0)
    assert [j["id"] for j in said("list")["jobs"]] == [job["id"]]
    assert said("show", job["id"])["fine_tuned_model"] == "ft:gpt-4.1-mini:x"
    assert len(provider.posts) == 1


def test_people_see_the_sum_the_digest_and_the_promise(propose_one: Make) -> None:
    plan = propose_one()
    text = run("show", plan.id).stdout
    for words in ("4.20 USD expected, never above 6.00 USD", plan.plan_digest, "from data size", "At most one paid"):
        assert words in text


def test_an_approval_needs_a_person_at_a_terminal(propose_one: Make) -> None:
    plan = propose_one()
    error = refused("approve", plan.id, "--as", "ada")
    assert isinstance(error, InputError)
    assert "an approval is a person's" in str(error)


@pytest.mark.parametrize(("typed", "approved"), [("right", True), ("wrong", False)])
def test_at_a_terminal_the_plan_is_shown_and_its_digest_typed(
    propose_one: Make, home: Path, typed: str, approved: bool
) -> None:
    import os
    import pty
    import select

    plan = propose_one()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(
            sys.executable, [sys.executable, "-c", "from ui.cli.main import main; main()", "jobs", "approve", plan.id]
        )
    shown, answered, until = b"", False, time.monotonic() + 60
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
        if b"type the first 8 characters" in shown and not answered:
            answered = True
            os.write(terminal, (plan.plan_digest[:8] if typed == "right" else "00000000").encode() + b"\n")
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert b"spend up to 6.00 USD" in shown, shown
    assert plan.plan_digest.encode() in shown
    assert status == (0 if approved else 1), shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("launch", "plan_x"), "there is no plan 'plan_x'"),
        (("show", "job_x"), "there is no job 'job_x'"),
        (("watch", "job_x"), "there is no job 'job_x'"),
        (("cancel", "job_x"), "there is no job 'job_x'"),
        (("plan", "/nowhere.jsonl"), "/nowhere.jsonl"),
    ],
)
def test_what_does_not_exist_is_named(arguments: tuple[str, ...], words: str) -> None:
    assert words in str(refused(*arguments))


def test_a_launch_without_approval_says_how_to_approve(propose_one: Make) -> None:
    error = refused("launch", propose_one().id, "--as", "ada")
    assert isinstance(error, RefusedError)
    assert "finetune-advisor jobs approve plan_" in str(error)


def test_no(propose_one: Make) -> None:
    plan = propose_one()
    said(
        "approve", plan.id, "--digest", plan.plan_digest, "--as", "bob", "--reject", "--comment", "labels not reviewed"
    )
    assert "bob rejected this plan" in str(refused("launch", plan.id, "--as", "bob"))


def test_an_unknown_price_needs_a_ceiling_and_a_reason(propose_one: Make, cost: Any, provider: Provider) -> None:
    cost["usd"] = None
    plan = propose_one()
    yes = ("approve", plan.id, "--digest", plan.plan_digest, "--as", "ada")
    assert "unknown is not 0" in str(refused(*yes))
    why = ("--override", "price_unknown=flat fee of 5 USD by contract")
    assert "Name a ceiling" in str(refused(*yes, *why))
    assert said(*yes, *why, "--ceiling", "6")["status"] == "approved"
    assert said("launch", plan.id, "--as", "ada")["state"] == "CONFIRMED"


def test_a_curve_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("step,train_loss,valid_loss\n" + "".join(f"{s},2.0,2.0\n" for s in range(1, 41)))
    read = said("curve", str(path))
    assert [r["kind"] for r in read["readings"]] == ["no_learning"]
    assert "no learning" in run("curve", str(path)).stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, ui.cli.jobs, tools.jobs; "
        "bad = {'sqlalchemy', 'openai', 'pydantic', 'yaml'} & set(sys.modules); assert not bad - {'pydantic'}, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
