"""Kill the server, close the tab, open two: nothing already done is lost, and there is one job."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_driver import Chat, Server, jobs_of
from conftest import TICKETS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def many(path: Path, n: int) -> Path:
    """Rows enough that training takes a while even with a tiny model."""
    chosen = random.Random(7)
    words = sorted(
        {w for line in TICKETS.read_text().splitlines() for w in json.loads(line)["messages"][1]["content"].split()}
    )
    lines = []
    for i in range(n):
        label = ("billing", "delivery", "returns")[i % 3]
        asked = " ".join(chosen.sample(words, 12)) + f" {label}"
        talk = [{"role": "user", "content": asked}, {"role": "assistant", "content": label}]
        lines.append(json.dumps({"messages": talk}))
    path.write_text("\n".join(lines) + "\n")
    return path


def to_the_plan(chat: Chat, file: Path) -> None:
    chat.drop(file)
    chat.click("findings", "Keep rows aside for the test")
    chat.click("split", "Plan a training job")
    chat.card("plan")


APPROVE = "Approve and train on this computer ($0.00)"


def test_a_server_killed_in_mid_training_loses_no_job(
    own_server: Callable[..., Server], window: Callable[..., Chat], tmp_path: Path
) -> None:
    server = own_server()
    chat = window(server).open()
    to_the_plan(chat, many(tmp_path / "many.jsonl", 3000))
    chat.click("plan", APPROVE)
    chat.page.locator(".fa-card-job", has_text="step").wait_for(timeout=120_000)
    path = chat.thread_path
    chat.page.close()
    server.kill()
    (before,) = jobs_of(server.home)
    assert not before.finished, "the job must still be training when the server is killed"

    server.restart()
    again = window(server)
    again.open(path)
    again.card("job")
    assert again.page.locator(".fa-card-plan button").last.is_disabled(), "what was approved stays approved"
    again.card("comparison", seconds=200)
    (after,) = jobs_of(server.home)
    assert after.id == before.id
    assert after.status == "succeeded"
    assert len(list((server.home / "engine" / "jobs").iterdir())) == 1


def test_an_interview_goes_on_where_it_was_after_a_restart(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    server = own_server()
    chat = window(server).open()
    chat.say("our bot answers in a different tone every time, we have 3k tickets")
    chat.card("question")
    path = chat.thread_path
    chat.page.wait_for_timeout(1000)
    server.kill()
    server.restart()
    again = window(server)
    again.open(path)
    assert "3,000" in again.card("question").inner_text()
    again.click("question", "A plain instruction")
    again.card("recommendation")


def test_two_windows_see_the_same_and_approve_once_and_a_job_can_be_cancelled(
    server: Server, window: Callable[..., Chat], tmp_path: Path
) -> None:
    known = {job.id for job in jobs_of(server.home)}
    one = window(server).open()
    to_the_plan(one, many(tmp_path / "two.jsonl", 2990))
    two = window(server)
    two.open(one.thread_path)
    first, second = one.button("plan", APPROVE), two.button("plan", APPROVE)
    first.click(no_wait_after=True)
    second.click(no_wait_after=True)
    one.card("job")
    two.card("job")
    one.click("job", "Cancel the job")
    for chat in (one, two):
        chat.page.locator(".fa-card-job", has_text="Stopped. Nothing more runs.").wait_for(timeout=90_000)
        assert chat.count("job") == 1
    (job,) = [job for job in jobs_of(server.home) if job.id not in known]
    assert job.status == "cancelled"
