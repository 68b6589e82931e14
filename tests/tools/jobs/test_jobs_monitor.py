"""Following jobs: from the ledger alone, each event once, final states final, unknown words kept."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import RowMapping
from wire_provider import Provider

from knowledge.thresholds import threshold
from tools.cost.reconciliation import past_error, reconciled
from tools.errors import NotFoundError, RefusedError
from tools.jobs import happened, ledger, monitor, reconcile, refresh, view
from tools.jobs.backends.base import Refused
from tools.jobs.launcher import launch
from tools.jobs.models import Job, JobEvent, Plan
from tools.jobs.monitor import Monitor, cancel, watch
from tools.records import database
from tools.records.tables import job_events

Make = Callable[..., Plan]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"jobs.poll_s": 0.0, "jobs.poll_local_s": 0.01, "jobs.requests_per_second": 1e6, "jobs.poll_slowest_s": 0.0}
    for module in (monitor, refresh):
        real = module.threshold
        monkeypatch.setattr(module, "threshold", lambda name, real=real: short.get(name, real(name)))
    return


@pytest.fixture
def job(approved: Make) -> Job:
    return launch(approved().id, person="ada")


def now(job: Job) -> Job:
    Monitor().tick()
    return view.get(job.id)


def test_a_job_is_followed_to_its_end(job: Job, provider: Provider, home: Any) -> None:
    at = job.provider_job_id or ""
    provider.jobs[at]["status"] = "running"
    provider.say(at, "Step 1", {"step": 1, "train_loss": 2.0, "train_mean_token_accuracy": 0.3, "total_steps": 2})
    running = now(job)
    assert (running.status, running.step, running.total_steps) == ("running", 1, 2)
    assert running.started_at is not None
    provider.finish(at)
    done = now(job)
    assert (done.status, done.trained_tokens, done.fine_tuned_model) == ("succeeded", 1200, "ft:gpt-4.1-mini:x")
    assert done.finished
    assert (home / (done.result_file or "")).read_bytes().startswith(b"step,train_loss")
    asked = len(provider.gets)
    Monitor().tick()
    assert len(provider.gets) == asked, "a finished job is not asked about again"


def test_a_job_that_ends_is_put_beside_its_estimate_once_also_through_a_crash(
    job: Job, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_a: object, **_k: object) -> None:
        raise KeyboardInterrupt

    provider.jobs[job.provider_job_id or ""]["status"] = "running"
    now(job)
    assert reconciled() == ()
    provider.finish(job.provider_job_id or "")
    with monkeypatch.context() as patch:
        patch.setattr(refresh.Owned, "update", cut)  # killed after it was kept, before the job's end was
        with pytest.raises(KeyboardInterrupt):
            Monitor().tick()
    assert view.get(job.id).status == "running"
    assert now(job).status == "succeeded"
    [kept] = reconciled()
    assert (kept.job_id, kept.billed_tokens, kept.status) == (job.id, 1200, "succeeded")
    assert kept.estimated_usd == Decimal("4.20")
    error = past_error("wire")
    assert error.n == 1
    assert error.tokens is not None


def test_events_are_stored_once(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    for step in range(1, 251):
        provider.say(at, f"Step {step}", {"step": step, "train_loss": 1 / step})
    for _ in range(3):
        now(job)
    provider.say(at, "again", event_id=provider.events[at][0]["id"])
    provider.say(at, "Step 251", {"step": 251, "train_loss": 0.1})
    now(job)
    stored = view.events(job.id)
    assert [e.message for e in stored][:3] == ["Created.", "Step 1", "Step 2"]
    assert len({e.id for e in stored}) == len(stored) == 252
    assert [m.step for m in view.report(job.id).metrics] == list(range(1, 252))
    assert [e.message for e in view.events(job.id, after=stored[-2].seq)] == ["Step 251"]


def test_two_monitors_share_the_work(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    for step in range(50):
        provider.say(at, f"Step {step}", {"step": step, "train_loss": 1.0})
    threads = [threading.Thread(target=Monitor().tick) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(view.events(job.id)) == 51


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("validating_files", "validating_files"),
        ("paused", "paused"),
        ("pending", "queued"),
        ("notRunning", "queued"),
        ("canceled", "cancelled"),
        ("quantum_entangled", "quantum_entangled"),
    ],
)
def test_the_providers_word_is_unified_and_kept(job: Job, provider: Provider, said: str, status: str) -> None:
    provider.jobs[job.provider_job_id or ""]["status"] = said
    seen = now(job)
    assert (seen.status, seen.provider_status) == (status, said)


def test_a_late_running_does_not_undo_succeeded(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    provider.finish(at)
    now(job)
    provider.jobs[at]["status"] = "running"
    refresh.refresh(job.id, "local")
    assert view.get(job.id).status == "succeeded"


def test_a_failure_keeps_its_reason(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    provider.jobs[at]["error"] = {"code": "invalid_training_file", "message": "Line 3 has no answer.", "param": None}
    provider.finish(at, "failed")
    seen = now(job)
    assert (seen.status, seen.message) == ("failed", "Line 3 has no answer.")
    assert seen.error is not None
    assert seen.error["code"] == "invalid_training_file"


def test_a_job_that_is_not_found_is_lost_contact_and_not_failed(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    kept = provider.jobs.pop(at)
    seen = now(job)
    assert seen.status == "queued"
    assert "does not find the job (1 of 5 times)" in seen.message
    for _ in range(4):
        seen = now(job)
    assert seen.status == "lost_contact"
    assert not seen.finished
    provider.jobs[at] = kept
    assert now(job).status == "queued"
    assert now(job).message == ""


def test_a_job_cancelled_elsewhere_is_noticed_in_one_poll(job: Job, provider: Provider) -> None:
    provider.jobs[job.provider_job_id or ""]["status"] = "cancelled"
    assert now(job).status == "cancelled"


def test_trouble_in_asking_changes_nothing_and_is_said(job: Job, provider: Provider) -> None:
    provider.jobs[job.provider_job_id or ""]["status"] = "running"
    now(job)
    provider.get_faults.extend(["500"] * 3)
    seen = now(job)
    assert seen.status == "running"
    assert "could not be asked: 500" in seen.message
    assert now(job).message == ""


def test_fields_and_values_nobody_has_seen_do_no_harm(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    provider.jobs[at].update(
        status="running", new_field={"a": [1]}, hyperparameters=None, method="?", result_files=None, seed="x"
    )
    provider.events[at].append(
        {"id": "e1", "object": "?", "created_at": 1_800_000_000, "level": "fatal", "type": "moderation_checks",
         "message": "checked", "data": {"step": "one", "train_loss": None, "nested": {"x": 1}}}
    )  # fmt: skip
    provider.checkpoints[at].append({"id": "c", "object": "?", "created_at": 1, "step_number": 1, "metrics": None})
    seen = now(job)
    assert seen.status == "running"
    last = view.events(job.id)[-1]
    assert (last.level, last.type) == ("fatal", "moderation_checks")
    assert view.report(job.id).metrics == ()


def test_cancel(job: Job, provider: Provider) -> None:
    assert cancel(job.id).status == "cancelled"
    assert provider.jobs[job.provider_job_id or ""]["status"] == "cancelled"
    with pytest.raises(RefusedError, match="has ended already"):
        cancel(job.id)


def test_what_a_cancelled_job_had_told_by_then_is_kept(job: Job, provider: Provider) -> None:
    provider.say(job.provider_job_id or "", "Step 1", {"step": 1, "train_loss": 0.5})
    assert cancel(job.id).status == "cancelled"
    assert [m.step for m in view.report(job.id).metrics] == [1]


def test_a_cancel_that_comes_too_late_is_said(job: Job, provider: Provider) -> None:
    provider.jobs[job.provider_job_id or ""]["status"] = "succeeded"
    seen = cancel(job.id)
    assert "could not be cancelled: The job has ended." in seen.message
    assert not seen.cancel_requested
    assert now(job).status == "succeeded"


def test_a_cancel_while_the_launch_is_unknown_is_done_when_it_is_found(
    approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger.threshold
    monkeypatch.setattr(ledger, "threshold", lambda n: 0.5 if n.startswith("jobs.reconcile") else real(n))
    monkeypatch.setattr(reconcile, "threshold", lambda n: 0.5 if n.startswith("jobs.reconcile") else real(n))
    provider.faults.append("reset-after")
    job = launch(approved().id, person="ada", wait_s=0)
    assert job.state == "UNKNOWN"
    assert cancel(job.id).cancel_requested
    for _ in range(200):
        seen = now(job)
        if seen.status == "cancelled":
            break
        threading.Event().wait(0.02)
    assert (seen.state, seen.status) == ("CONFIRMED", "cancelled")


def test_another_owners_job_does_not_exist(job: Job) -> None:
    for action in (
        lambda: view.get(job.id, "eve"),
        lambda: view.get(job.provider_job_id or "", "eve"),
        lambda: view.events(job.id, owner="eve"),
        lambda: cancel(job.id, "eve"),
        lambda: next(watch(job.id, "eve")),
    ):
        with pytest.raises(NotFoundError):
            action()
    assert view.list_jobs("eve") == []


def test_watch_tells_what_is_new_and_ends(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    updates = watch(job.id, poll_s=0.01)
    assert [e.message for e in next(updates).events] == ["Created."]
    provider.jobs[at]["status"] = "running"
    provider.say(at, "Step 1", {"step": 1, "train_loss": 2.0})
    assert [e.message for e in next(updates).events] == ["Step 1"]
    provider.finish(at)
    rest = list(updates)
    assert rest[-1].job.status == "succeeded"


def test_a_restart_finds_every_unfinished_job(approved: Make, provider: Provider) -> None:
    jobs = [launch(approved(repeat=i).id, person="ada") for i in range(3)]
    for job in jobs:
        provider.finish(job.provider_job_id or "")
    fresh = Monitor()
    fresh.start()
    try:
        for _ in range(200):
            if all(view.get(j.id).status == "succeeded" for j in jobs):
                break
            threading.Event().wait(0.02)
    finally:
        fresh.stop()
    assert {view.get(j.id).status for j in jobs} == {"succeeded"}
    assert fresh.problem == ""


def test_the_stop_rule_for_a_loss_that_is_no_number_cancels(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    provider.jobs[at]["status"] = "running"
    provider.say(at, "Step 7", {"step": 7, "train_loss": float("nan")})
    assert "no longer a number from step 7" in now(job).message
    assert now(job).status == "cancelled"
    assert provider.jobs[at]["status"] == "cancelled"


def test_the_stop_rule_for_over_fitting_tells(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    provider.jobs[at]["status"] = "running"
    for step, loss in [(10, 1.0), (20, 1.1), (30, 1.2), (40, 1.3)]:
        provider.say(at, f"Step {step}", {"step": step, "valid_loss": loss})
    seen = now(job)
    assert "Validation loss has risen for 3 evaluations" in seen.message
    assert (seen.status, seen.cancel_requested) == ("running", False)


def test_time_left_is_a_range_from_its_own_pace(job: Job, provider: Provider) -> None:
    at = job.provider_job_id or ""
    provider.jobs[at]["status"] = "running"
    for step in range(1, 11):
        provider.say(at, f"Step {step}", {"step": step, "train_loss": 1.0, "total_steps": 100})
        provider.events[at][-1]["created_at"] = 1_800_000_000 + step * 10
    seen = now(job)
    assert seen.seconds_left_low is not None
    assert seen.seconds_left_high is not None
    assert 700 < seen.seconds_left_low <= 900 <= seen.seconds_left_high < 1100


def test_what_was_spent_is_never_more_than_reserved_when_it_is_known(job: Job, provider: Provider) -> None:
    assert job.spent_usd == Decimal(0)
    provider.finish(job.provider_job_id or "")
    assert now(job).spent_usd is None or now(job).spent_usd <= job.reserved_usd  # type: ignore[operator]


def test_a_job_is_not_visited_again_before_its_time(
    job: Job, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = refresh.threshold
    monkeypatch.setattr(monitor, "threshold", lambda n: 3600.0 if n == "jobs.poll_s" else real(n))
    Monitor().tick()
    asked = len(provider.gets)
    for _ in range(50):
        Monitor().tick()
    assert len(provider.gets) == asked


def test_many_jobs_do_not_storm_the_provider(
    approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pass asks more than the limit: what it waits is at least what its requests are allowed."""
    for again in range(4):
        launch(approved(repeat=again).id, person="ada")
    for job_id in provider.jobs:
        provider.jobs[job_id]["status"] = "running"
        provider.say(job_id, "step", {"step": 1, "train_loss": 1.0})
    a_second, waited = 50.0, []
    real = monitor.threshold
    monkeypatch.setattr(monitor, "threshold", lambda n: a_second if n == "jobs.requests_per_second" else real(n))
    visitor = Monitor()
    monkeypatch.setattr(visitor._stop, "wait", lambda seconds: waited.append(seconds))
    provider.gets.clear()
    assert visitor.tick() == 4
    assert sum(waited) >= len(provider.gets) / a_second - 1e-9 > 0


def test_a_visit_reads_what_is_new_however_long_the_job(
    job: Job, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = str(job.provider_job_id)
    provider.jobs[at]["status"] = "running"
    for n in range(150):
        provider.say(at, f"Step {n}", {"step": n, "train_loss": 2.0, "total_steps": 1000})
    now(job)
    assert len(view.events(job.id)) == 151
    built: list[int] = []
    real = happened.JobEvent

    def event(**values: Any) -> JobEvent:
        built.append(values["seq"])
        return real(**values)

    monkeypatch.setattr(happened, "JobEvent", event)
    asked = len(provider.gets)
    provider.say(at, "Step 150", {"step": 150, "train_loss": 1.0, "total_steps": 1000})
    assert now(job).step == 150
    assert len(view.events(job.id)) == len(provider.events[at])
    assert len(provider.gets) - asked == 2, "the job, and one page of events"
    assert len(built) <= 6, "the last one known and the new one, as often as they are looked at"


def test_an_older_copy_of_the_store_put_back_is_read_anew(job: Job, provider: Provider) -> None:
    at = str(job.provider_job_id)
    provider.say(at, "one")
    provider.say(at, "two")
    now(job)
    assert "two" in [e.message for e in view.events(job.id)]
    with database.write() as connection:
        connection.execute(job_events.delete().where(job_events.c.message.in_(["one", "two"])))
    assert "one" not in [e.message for e in view.events(job.id)]
    now(job)
    assert [e.message for e in view.events(job.id)].count("one") == 1


def test_what_is_undone_is_not_remembered(job: Job, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    at = str(job.provider_job_id)
    provider.say(at, "one")

    def cut(*_a: object, **_k: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(refresh.eta, "progress", cut)
        with pytest.raises(KeyboardInterrupt):
            Monitor().tick()
    assert "one" not in [e.message for e in view.events(job.id)]
    now(job)
    assert [e.message for e in view.events(job.id)].count("one") == 1


@pytest.mark.parametrize(("cost_s", "pause_s"), [(0.0, 1.0), (0.01, 2.0), (0.02, 4.0), (3.0, 5.0)])
def test_a_dear_visit_to_this_computers_engine_makes_the_next_one_later(
    cost_s: float, pause_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "threshold", threshold)
    monkeypatch.setitem(monitor._cost_s, "job_1", cost_s)
    local: dict[str, Any] = {"id": "job_1", "backend": "local"}
    assert monitor._pause_s(cast(RowMapping, local)) == pytest.approx(pause_s)
    assert monitor._pause_s(cast(RowMapping, {**local, "backend": "openai"})) == 5.0


def test_a_watch_that_finds_nothing_new_reads_one_row(
    job: Job, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "visit", lambda _row: False)
    looks: list[str] = []
    real = view.get

    def look(*which: Any) -> Job:
        looks.append("look")
        return real(*which)

    monkeypatch.setattr(view, "get", look)
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr("tools.jobs.monitor.time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        list(watch(job.id))
    assert len(looks) == 1


def test_an_end_that_another_asked_for_first_is_no_refusal(
    job: Job, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = str(job.provider_job_id)
    provider.jobs[at]["status"] = "running"
    now(job)
    asked = refresh.backend_named("wire").cancel

    def refused(job_id: str) -> None:
        asked(job_id)
        raise Refused("The job has already cancelled: nothing to cancel.")

    monkeypatch.setattr("tools.jobs.backends.openai_wire.WireBackend.cancel", lambda _self, job_id: refused(job_id))
    ended = cancel(job.id, person="ada")
    assert (ended.status, ended.message) == ("cancelled", "")
    assert now(job).message == ""
