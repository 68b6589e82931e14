"""Milestones told once: with the job, to a webhook and by e-mail, over restarts, with nothing of the data in them."""

import email
import email.policy
import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from wire_provider import Provider

from tools.errors import InputError
from tools.jobs import monitor, view
from tools.jobs.launcher import launch
from tools.jobs.models import Job, Plan
from tools.jobs.monitor import Monitor
from tools.jobs.notices import settings, tell
from tools.records import clock

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise imports it
Make = Callable[..., Plan]
SECRET_ROW = "Where is order 3"
ROOT = Path(__file__).parents[3]


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"json://127.0.0.1:{server.server_address[1]}/hook", got


@contextmanager
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """A mail server on loopback: the few commands that a client sends (RFC 5321)."""
    got: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 loopback\r\n")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    whole = b""
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        whole += part
                    got.append(whole.decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"mailto://127.0.0.1:{server.server_address[1]}?from=me@example.org&to=you@example.org&mode=insecure", got


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def send_to(home: Path, *addresses: str, **more: Any) -> None:
    home.mkdir(exist_ok=True)
    (home / settings.FILE).write_text(json.dumps({"to": addresses, **more}))


def visit(job: Job) -> None:
    from sqlalchemy import update

    from tools.records import database
    from tools.records.tables import jobs

    with database.write() as connection:
        connection.execute(update(jobs).values(next_check_at=None))
    monitor.visit_once(job.id)


def codes(job: Job) -> list[str]:
    return [n.code for n in view.report(job.id).notices]


def run_to_the_end(approved: Make, provider: Provider, status: str = "succeeded", error: Any = None) -> Job:
    job = launch(approved().id, person="ada")
    remote = provider.jobs[str(job.provider_job_id)]
    remote.update(status="running", error=error)
    visit(job)
    for step in (1, 6):
        provider.say(remote["id"], f"Step {step}", {"step": step, "total_steps": 10, "train_loss": 2.0})
        visit(job)
    provider.finish(remote["id"], status)
    visit(job)
    return job


def test_a_job_tells_its_milestones_once(approved: Make, provider: Provider, home: Path) -> None:
    pytest.importorskip("apprise")
    with webhook() as (hook, posts), mailbox() as (mail, letters):
        send_to(home, hook, mail)
        job = run_to_the_end(approved, provider)
        visit(job)
        Monitor().tick()
        assert codes(job) == ["started", "halfway", "ended"]
        for post, words in zip(
            posts, ("Training has started: ", "Half way: step 6 of 10", "Ended, succeeded"), strict=True
        ):
            assert post["message"].startswith(words)
        assert len(letters) == 3
        assert "Subject: Finetune Advisor" in letters[0]
        assert [n.problem for n in view.report(job.id).notices] == ["", "", ""]


def test_nothing_of_the_data_is_in_them(approved: Make, provider: Provider, home: Path) -> None:
    pytest.importorskip("apprise")
    with webhook() as (hook, posts):
        send_to(home, hook)
        job = launch(approved().id, person="ada")
        remote = provider.jobs[str(job.provider_job_id)]
        remote.update(status="failed", error={"code": "bad", "message": f"bad row: {SECRET_ROW}", "param": None})
        visit(job)
        assert codes(job) == ["ended"]
        assert SECRET_ROW not in json.dumps(posts)
        assert "tickets" not in json.dumps(posts)


def test_a_restart_tells_an_end_that_nobody_told_and_none_twice(
    approved: Make, provider: Provider, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    real = tell.look
    monkeypatch.setattr(tell, "look", lambda *_: [])  # as if the program ended between storing the end and telling it
    job = run_to_the_end(approved, provider)
    monkeypatch.setattr(tell, "look", real)
    with webhook() as (hook, posts):
        send_to(home, hook)
        for _ in range(3):
            Monitor().tick()
        assert codes(job) == ["started", "ended"]
        assert len(posts) == 2


KILLED = """
import os, signal, sys
from tools.jobs.notices import tell
def cut(*_): os.kill(os.getpid(), signal.SIGKILL)
def sent(*a, real=tell._send): real(*a); cut()
where = sys.argv[2]
if where == "before it is noted": tell.told = cut
if where == "between": tell._send = cut
if where == "after it was sent": tell._send = sent
tell.look(sys.argv[1], "local")
"""


@pytest.mark.parametrize(("where", "arrived"), [("before it is noted", 1), ("between", 0), ("after it was sent", 1)])
def test_a_program_killed_while_telling_tells_it_at_most_once(
    approved: Make, provider: Provider, home: Path, where: str, arrived: int
) -> None:
    """Killed between the ledger and the address, it is shown with the job and was not sent; never sent twice."""
    pytest.importorskip("apprise")
    from tools.jobs import refresh

    job = launch(approved().id, person="ada")
    provider.finish(str(job.provider_job_id))
    refresh.refresh(job.id, "local")
    with webhook() as (hook, posts):
        send_to(home, hook)
        program = subprocess.run([sys.executable, "-c", KILLED, job.id, where], cwd=ROOT, check=False)
        assert program.returncode == -9
        for _ in range(2):
            Monitor().tick()
        assert len(posts) == arrived
    assert codes(job) == ["ended"]


def test_what_arrives_holds_nothing_of_a_person_or_their_data(
    approved: Make, provider: Provider, home: Path, data: Path
) -> None:
    pytest.importorskip("apprise")
    with webhook() as (hook, posts), mailbox() as (mail, letters):
        send_to(home, hook, mail)
        error = {"code": "x", "message": SECRET_ROW, "param": None}
        job = run_to_the_end(approved, provider, "failed", error)
    assert view.get(job.id).message == SECRET_ROW
    arrived = json.dumps(posts) + "".join(part.get_content() for part in _texts(letters))
    assert len(posts) == len(letters) == 3
    for said in ("Training has started", "Half way", "Ended, failed", job.id):
        assert arrived.count(said) >= 2
    for never in (
        SECRET_ROW,
        "is on its way",
        data.name,
        str(home),
        "sk-test",
        "ada",
        "file-0",
        str(job.provider_job_id),
    ):
        assert never not in arrived, never


def _texts(letters: list[str]) -> list[Any]:
    found = [email.message_from_string(letter, policy=email.policy.default) for letter in letters]
    return [part for letter in found for part in letter.walk() if part.get_content_maintype() == "text"]


def test_many_at_once_tell_it_once(approved: Make, provider: Provider, home: Path) -> None:
    pytest.importorskip("apprise")
    job = launch(approved().id, person="ada")
    provider.finish(str(job.provider_job_id))
    from tools.jobs import refresh

    refresh.refresh(job.id, "local")
    with webhook() as (hook, posts):
        send_to(home, hook)
        threads = [threading.Thread(target=tell.look, args=(job.id, "local")) for _ in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert len(posts) == 1
    assert codes(job) == ["ended"]


def test_an_address_that_fails_is_said_and_not_tried_again(approved: Make, provider: Provider, home: Path) -> None:
    pytest.importorskip("apprise")
    with webhook(status=500) as (hook, posts):
        send_to(home, hook, milestones=["ended"])
        job = run_to_the_end(approved, provider)
        Monitor().tick()
        assert len(posts) == 1
    told = {n.code: n.problem for n in view.report(job.id).notices}
    assert "address 1 of notices.yaml did not take it" in told["ended"]
    assert told["started"] == "", "not asked for, so not a problem"


def test_without_a_setting_they_are_shown_and_sent_nowhere(approved: Make, provider: Provider) -> None:
    job = run_to_the_end(approved, provider)
    assert codes(job) == ["started", "halfway", "ended"]


def test_a_missing_part_says_its_line(
    approved: Make, provider: Provider, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_to(home, "json://127.0.0.1:1/x")
    monkeypatch.setitem(sys.modules, "apprise", None)
    job = run_to_the_end(approved, provider)
    assert all("requirements/install add notify" in n.problem for n in view.report(job.id).notices)


@pytest.mark.parametrize(
    ("text", "words"),
    [("to: [", "is no YAML"), ("at: [x]", "at: "), ("to: []\nmilestones: [lunch]", "milestones.0")],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_secrets(home: Path, text: str, words: str) -> None:
    home.mkdir(exist_ok=True)
    (home / settings.FILE).write_text(text + "\n# mailtos://me:hunter2@host")
    with pytest.raises(InputError, match=words) as said:
        settings.read()
    assert "hunter2" not in str(said.value)


# A deployment that is paid by the hour.


@pytest.fixture
def deployed(approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Job:
    from tools.jobs.deployment import record, ways

    azure = ways.ways()["azure"]
    monkeypatch.setattr(ways, "ways", lambda: {"wire": azure})
    price = __import__("knowledge.price_records", fromlist=["Price"]).Price(
        what="hosting_per_hour", usd="1.70", usd_high="1.70", unit="hour", source="providers.azure_retail",
        checked_on="2026-08-11",
    )  # fmt: skip
    monkeypatch.setattr(ways, "hourly_price", lambda plan: price)
    job = run_to_the_end(approved, provider)
    record.made(job.id, "prod", person="ada")
    return view.get(job.id)


def test_an_hourly_deployment_is_named_once_a_day_until_it_is_gone(
    deployed: Job, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    from tools.jobs.deployment import record

    real = clock.now
    with webhook() as (hook, posts), mailbox() as (mail, letters):
        send_to(home, hook, mail)
        assert record.remind() == 0
        for day, so_far in ((1, "42.50"), (2, "83.30")):
            monkeypatch.setattr(clock, "now", lambda day=day: real() + timedelta(days=day, hours=1))
            assert [record.remind(), record.remind()] == [1, 0]
            words = f"costs 1.70 USD an hour, used or not: 40.80 USD a day, about {so_far} USD so far"
            assert words in posts[-1]["message"]
            assert words in " ".join(part.get_content() for part in _texts(letters[-1:])).replace("\n", " ")
        record.gone(deployed.id, person="ada")
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=9))
        assert record.remind() == 0
        assert len(posts) == len(letters) == 2
