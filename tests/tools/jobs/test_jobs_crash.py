"""A process that dies at any step: after a restart the ledger says what happened, and nothing is bought twice."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from launch_once import start
from wire_provider import Provider

from tools.errors import RefusedError
from tools.jobs import launcher, ledger, limits, reconcile, view
from tools.jobs.approval import approve
from tools.jobs.launcher import launch
from tools.jobs.models import Job, Plan
from tools.jobs.monitor import Monitor
from tools.records import clock

Make = Callable[..., Plan]


def crash(plan: Plan, step: str) -> None:
    process = start(plan.id, "ada", step)
    process.join(60)
    assert process.exitcode == -9


def restarted(plan: Plan) -> Job | None:
    """What a fresh program finds: it recovers by the ledger alone."""
    Monitor().tick()
    Monitor().tick()
    jobs = view.list_jobs()
    assert len(jobs) <= 1
    return jobs[0] if jobs else None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The times at which a lost launch is looked for, without the waiting."""
    real = ledger.threshold
    short = {f"jobs.reconcile_{i}_s": 0.5 + 0.1 * i for i in range(1, 5)}
    monkeypatch.setattr(ledger, "threshold", lambda name: short.get(name, real(name)))


@pytest.mark.parametrize(
    ("step", "state", "sent"),
    [
        ("checked", None, 0),
        ("reserved", "NOT_CREATED", 0),
        ("uploaded", "NOT_CREATED", 0),
        ("intent", "NOT_CREATED", 0),
        ("sending", "UNKNOWN", 0),
        ("answered", "CONFIRMED", 1),
        ("done", "CONFIRMED", 1),
    ],
)
@pytest.mark.usefixtures("quick")
def test_a_crash_at_each_step(approved: Make, provider: Provider, step: str, state: str | None, sent: int) -> None:
    plan = approved()
    crash(plan, step)
    job = restarted(plan)
    assert (job.state if job else None) == state
    assert len(provider.posts) == len(provider.jobs) == sent
    if state == "UNKNOWN":
        assert launch(plan.id, person="ada").state == "NEEDS_HUMAN"
        assert not provider.posts
        return
    assert launch(plan.id, person="ada").state == "CONFIRMED", "the approval still stands"
    assert len(provider.posts) == len(provider.jobs) == 1


@pytest.mark.usefixtures("provider")
def test_a_crash_before_anything_was_sent_keeps_no_money(approved: Make, propose_one: Make, home: Path) -> None:
    """What it had reserved is free for another plan, and only then: the two together are above the cap."""
    other, plan = propose_one(repeat=1), approved()
    (home / limits.SETTINGS).write_text("per_person_and_day_usd: 6\n")
    crash(plan, "uploaded")
    with pytest.raises(RefusedError, match=r"6\.00 USD are spent or reserved"):
        approve(other.id, other.plan_digest, "ada", Decimal("6.00"))
    assert restarted(plan).state == "NOT_CREATED"  # type: ignore[union-attr]
    approve(other.id, other.plan_digest, "ada", Decimal("6.00"))
    with pytest.raises(RefusedError, match=r"6\.00 USD are spent or reserved"):
        launch(plan.id, person="ada")


def test_a_refusal_that_was_not_stored_is_not_a_job(approved: Make, provider: Provider) -> None:
    provider.faults.append("403")
    plan = approved()
    crash(plan, "answered")
    assert restarted(plan).state == "UNKNOWN"  # type: ignore[union-attr]
    assert (len(provider.posts), len(provider.jobs)) == (1, 0)


def test_two_processes_and_fifty_threads_make_one_job(approved: Make, provider: Provider) -> None:
    plan = approved()
    found: list[Job] = []
    processes = [start(plan.id, "ada") for _ in range(2)]
    threads = [threading.Thread(target=lambda: found.append(launch(plan.id, person="ada"))) for _ in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for p in processes:
        p.join(60)
    assert [p.exitcode for p in processes] == [0, 0]
    assert {j.provider_job_id for j in found} == {found[0].provider_job_id}
    assert len(provider.posts) == len(provider.jobs) == 1


def test_a_sleeper_that_wakes_up_cannot_send(
    approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out while it stood still; another took over; its number is stale."""
    plan = approved()

    def sleep(step: str) -> None:
        if step == "intent":
            late = clock.now() + timedelta(hours=1)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(clock, "now", lambda: late)
                assert reconcile.recover(view.list_jobs()[0].id) == "NOT_CREATED"

    monkeypatch.setattr(launcher, "reached", sleep)
    assert launch(plan.id, person="ada").state == "NOT_CREATED"
    assert not provider.posts


def test_a_sleeper_cannot_send_in_the_name_of_the_one_that_took_over(
    approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launch stands at INTENT again, but it is another attempt's: the sleeper's number is stale."""
    plan = approved()
    asleep: list[str] = []

    class PowerCut(BaseException):
        pass

    def step(name: str) -> None:
        if name != "intent":
            return
        asleep.append(name)
        if len(asleep) == 2:
            raise PowerCut
        late = clock.now() + timedelta(hours=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: late)
            assert reconcile.recover(view.list_jobs()[0].id) == "NOT_CREATED"
            with pytest.raises(PowerCut):
                launch(plan.id, person="ada")
        assert view.list_jobs()[0].state == "INTENT"

    monkeypatch.setattr(launcher, "reached", step)
    assert launch(plan.id, person="ada").state == "NOT_CREATED"
    assert len(asleep) == 2
    assert not provider.posts


@pytest.mark.parametrize("fault", ["full", "read_only"])
@pytest.mark.parametrize(("step", "sent"), [("start", 0), ("reserved", 0), ("intent", 0), ("sending", 1)])
@pytest.mark.usefixtures("quick")
def test_a_store_that_takes_nothing_any_more(
    approved: Make, provider: Provider, fault: str, step: str, sent: int
) -> None:
    """A full disk, or a file that may no longer be written: said in one line; with space again one job all the same."""
    plan = approved()
    process = start(plan.id, "ada", step, fault=fault)
    process.join(60)
    assert process.exitcode == 7
    assert len(provider.posts) == sent, "the request only leaves once it is on disk that it may"
    restarted(plan)
    assert launch(plan.id, person="ada").state == "CONFIRMED", "the approval still stands"
    assert len(provider.posts) == len(provider.jobs) == 1
