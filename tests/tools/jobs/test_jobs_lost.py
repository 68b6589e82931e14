"""Contact with a job is lost: a person's word frees its reserve, and never leads to a second request."""

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from test_jobs_incidents import said
from wire_provider import Provider

from tools.errors import InputError, RefusedError
from tools.jobs import lost, monitor, refresh, view
from tools.jobs.approval import approve
from tools.jobs.backends.base import Missing
from tools.jobs.launcher import launch
from tools.jobs.models import Job, Plan, PlanRequest
from tools.jobs.plan import propose_again
from tools.records import chain, database
from tools.records.owned import Owned
from tools.records.tables import jobs

Make = Callable[..., Plan]
WHY = "looked in the provider's list of jobs"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"jobs.poll_s": 0.0, "jobs.poll_slowest_s": 0.0}
    for module in (monitor, refresh):
        real = module.threshold
        monkeypatch.setattr(module, "threshold", lambda name, real=real: short.get(name, real(name)))


@pytest.fixture
def job(approved: Make) -> Job:
    return launch(approved().id, person="ada")


def looked(job: Job, times: int = 1) -> Job:
    for _ in range(times):
        monitor.visit_once(job.id)
    return view.get(job.id)


def kinds(job: Job) -> list[str]:
    with database.read() as connection:
        return [e.kind for e in chain.entries(connection, job.launch_key)]


def test_what_it_held_is_free_again_and_nothing_is_sent(
    job: Job, provider: Provider, propose_one: Make, home: Path
) -> None:
    (home / "spending.yaml").write_text("per_person_and_day_usd: 11\n")
    other = propose_one(repeat=1)
    with pytest.raises(RefusedError, match="cap"):
        approve(other.id, other.plan_digest, "ada", Decimal("6.00"))
    kept = provider.jobs.pop(str(job.provider_job_id))
    assert not looked(job, 4).contact_lost
    with pytest.raises(RefusedError, match="is not lost"):
        lost.gone(job.id, "ada", billed_usd=Decimal(0), why=WHY)
    assert looked(job).contact_lost
    asked = len(provider.posts)
    lost.gone(job.id, "ada", billed_usd=Decimal("1.50"), why=WHY)
    seen = looked(job, 7)
    assert (seen.status, seen.state, seen.finished) == ("gone", "CONFIRMED", True)
    assert (seen.reserved_usd, seen.spent_usd) == (Decimal("1.50"), Decimal("1.50"))
    assert "ada says that it is gone" in seen.message
    assert approve(other.id, other.plan_digest, "ada", Decimal("6.00"))

    for retry in (False, True):
        assert launch(job.plan_id, person="ada", retry=retry).id == job.id
    approve(job.plan_id, job.plan_digest, "ada", Decimal("6.00"))
    assert launch(job.plan_id, person="ada", retry=True).status == "gone"
    assert len(provider.posts) == asked == 1

    provider.jobs[str(job.provider_job_id)] = kept
    back = looked(job)
    assert (back.status, back.finished, back.contact_lost) == ("queued", False, False)
    assert back.reserved_usd == Decimal("6.00")
    assert "shows this job again" in back.message
    assert [k for k in kinds(job) if k in ("GONE", "FOUND_AGAIN")] == ["GONE", "FOUND_AGAIN"]


def test_the_same_again_is_a_plan_of_its_own_only_where_the_last_came_to_nothing(
    job: Job, provider: Provider, data: Path
) -> None:
    request = PlanRequest(training_file=data, backend="wire", base_model="gpt-4.1-mini")
    assert propose_again(request).plan_digest == job.plan_digest, "it may still train there"
    provider.jobs.pop(str(job.provider_job_id))
    looked(job, 5)
    assert propose_again(request).plan_digest == job.plan_digest, "lost is not gone"
    lost.gone(job.id, "ada", billed_usd=Decimal(0), why=WHY)
    once_more = propose_again(request)
    assert (once_more.envelope.repeat, once_more.plan_digest != job.plan_digest) == (1, True)
    with pytest.raises(RefusedError, match="approv"):
        launch(once_more.id, person="ada")
    approve(once_more.id, once_more.plan_digest, "ada", Decimal("6.00"))
    second = launch(once_more.id, person="ada")
    provider.jobs[str(second.provider_job_id)]["status"] = "cancelled"
    looked(second)
    assert propose_again(request).envelope.repeat == 2
    assert len(provider.posts) == 2


def test_a_provider_that_never_answers_again_is_lost_contact_too(job: Job, provider: Provider) -> None:
    provider.get_faults.extend(["500"] * 300)
    assert looked(job, 5).contact_lost
    lost.gone(job.id, "ada", billed_usd=Decimal(0), why=WHY)
    assert looked(job, 3).status == "gone"
    provider.get_faults.clear()
    assert looked(job).status == "queued"


def test_a_wish_to_cancel_is_kept_for_the_job_that_is_found_again(job: Job, provider: Provider) -> None:
    kept = provider.jobs.pop(str(job.provider_job_id))
    with pytest.raises(RefusedError, match="does not find"):
        monitor.cancel(job.id, person="ada")
    looked(job, 5)
    lost.gone(job.id, "ada", billed_usd=Decimal(0), why=WHY)
    assert looked(job, 2).status == "gone"
    provider.jobs[str(job.provider_job_id)] = kept
    assert looked(job, 2).status == "cancelled"


def test_one_word_of_two_said_at_once_and_a_launch_beside_it(job: Job, provider: Provider) -> None:
    provider.jobs.pop(str(job.provider_job_id))
    looked(job, 5)
    acts: list[Callable[[], object]] = [lambda: lost.gone(job.id, "ada", billed_usd=Decimal(0), why=WHY)] * 4
    acts += [lambda: launch(job.plan_id, person="ada", retry=True)] * 4
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert looked(job).status == "gone"
    assert len(provider.posts) == 1


@pytest.mark.parametrize("trouble", ["missing", "unreachable"])
def test_an_answer_on_its_way_while_it_is_said_does_not_undo_it(job: Job, provider: Provider, trouble: str) -> None:
    kept = provider.jobs.pop(str(job.provider_job_id))
    looked(job, 5)
    with database.read() as connection:
        row = Owned(connection, jobs, "local").get(job.id, "job")
    lost.gone(job.id, "ada", billed_usd=Decimal("1.50"), why=WHY)
    if trouble == "missing":
        refresh._missing(row, Missing("no such job"))
    else:
        refresh._trouble(row, "it timed out", None)
    seen = view.get(job.id)
    assert (seen.status, seen.spent_usd) == ("gone", Decimal("1.50"))
    provider.jobs[str(job.provider_job_id)] = kept
    assert looked(job).reserved_usd == Decimal("6.00")


@pytest.mark.parametrize("billed", ["-1", "NaN", "Infinity"])
def test_a_sum_that_is_none_is_refused(job: Job, billed: str) -> None:
    with pytest.raises(InputError, match="billed"):
        lost.gone(job.id, "ada", billed_usd=Decimal(billed), why=WHY)


def test_on_the_command_line(job: Job, provider: Provider) -> None:
    assert "contact with the job is not lost" in said("resolve", job.id, "--gone", "--billed", "0", "--why", WHY)
    provider.jobs.pop(str(job.provider_job_id))
    looked(job, 5)
    assert f"jobs resolve {job.id} --gone --billed USD" in said("show", job.id)
    assert "--billed 0 if nothing" in said("resolve", job.id, "--gone", "--why", WHY)
    assert "how you know" in said("resolve", job.id, "--gone", "--billed", "0", "--why", "no")
    assert "is said alone" in said("resolve", job.id, "--gone", "--adopt", "x", "--billed", "0", "--why", WHY)
    shown = said("resolve", job.id, "--gone", "--billed", "0", "--why", WHY, "--as", "ada")
    assert "ada says that it is gone at the provider, which billed 0 USD" in shown
    assert "jobs plan FILE --repeat 1" in shown
    assert view.report(job.id).reserved_usd == 0
