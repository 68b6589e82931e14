"""At most one paid request per approval: the stories of one launch."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from wire_provider import Provider, Server

from tools.errors import AdvisorError, RefusedError
from tools.jobs import ledger, reconcile, view
from tools.jobs.backends.base import Backend
from tools.jobs.launcher import launch
from tools.jobs.models import Job, Plan
from tools.jobs.plan import get_plan
from tools.records import chain, database

Make = Callable[..., Plan]


def states(plan: Plan) -> list[str]:
    with database.read() as connection:
        return [e.kind for e in chain.entries(connection, plan.plan_digest)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The times at which a lost launch is looked for, without the waiting."""
    real = reconcile.threshold
    short = {
        "jobs.reconcile_1_s": 0.02,
        "jobs.reconcile_2_s": 0.1,
        "jobs.reconcile_3_s": 0.3,
        "jobs.reconcile_4_s": 0.6,
    }

    def threshold(name: str) -> float:
        return short.get(name, real(name))

    monkeypatch.setattr(reconcile, "threshold", threshold)
    monkeypatch.setattr(ledger, "threshold", threshold)
    monkeypatch.setattr(reconcile, "RETRY_AFTER_ERROR_S", 0.1)


def test_an_approved_plan_becomes_one_job(approved: Make, provider: Provider) -> None:
    plan = approved()
    job = launch(plan.id, person="ada")
    assert (job.state, job.status, job.provider_job_id) == ("CONFIRMED", "queued", "ftjob-000002")
    assert states(plan) == ["RESERVED", "INTENT", "SENDING", "CONFIRMED"]
    sent = provider.posts[0]["body"]
    assert sent["metadata"] == {"ft_launch": plan.plan_digest, "ft_attempt": "1"}
    assert sent["model"] == "gpt-4.1-mini"
    assert sent["method"]["supervised"]["hyperparameters"] == plan.envelope.hyperparameters
    assert job.reserved_usd == Decimal("6.00")


def test_what_is_sent_is_what_was_approved(approved: Make, provider: Provider, data) -> None:  # type: ignore[no-untyped-def]
    before = data.read_bytes()
    plan = approved()
    data.write_text("something else entirely\n")
    launch(plan.id, person="ada")
    assert provider.contents[provider.posts[0]["body"]["training_file"]] == before


def test_a_second_click_gives_the_same_job(approved: Make, provider: Provider) -> None:
    plan = approved()
    assert launch(plan.id, person="ada").id == launch(plan.id, person="ada").id
    assert len(provider.posts) == 1


def test_fifty_clicks_at_once_make_one_job(approved: Make, provider: Provider) -> None:
    plan = approved()
    found: list[Job | AdvisorError] = []
    gate = threading.Barrier(50)

    def click() -> None:
        gate.wait()
        try:
            found.append(launch(plan.id, person="ada"))
        except AdvisorError as e:
            found.append(e)

    clicks = [threading.Thread(target=click) for _ in range(50)]
    for c in clicks:
        c.start()
    for c in clicks:
        c.join()
    assert [j for j in found if isinstance(j, AdvisorError)] == []
    assert {j.provider_job_id for j in found if isinstance(j, Job)} == {"ftjob-000002"}
    assert len(provider.posts) == len(provider.jobs) == 1


def test_two_tabs_that_propose_the_same_make_one_job(approved: Make, provider: Provider) -> None:
    first, second = approved("ada"), approved("bob")
    assert first.id == second.id
    assert launch(first.id, person="ada").id == launch(second.id, person="bob").id
    assert len(provider.posts) == 1


def test_the_same_again_on_purpose_is_another_plan(approved: Make, provider: Provider) -> None:
    first, again = approved(), approved(repeat=1)
    launch(first.id, person="ada")
    launch(again.id, person="ada")
    assert len(provider.jobs) == 2
    assert provider.uploads == 1, "the same bytes are sent once"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("400", "The model cannot be fine-tuned"),
        ("403", "not available to your organisation. (training_not_available). Nothing was bought"),
        ("429", "Too many jobs. (rate_limit_exceeded). Nothing was bought."),
        ("429-retry", "may be tried again in 7 s"),
        ("redirect", "307"),
    ],
)
def test_a_clear_refusal_is_not_repeated(approved: Make, provider: Provider, fault: str, words: str) -> None:
    provider.faults.append(fault)
    plan = approved()
    job = launch(plan.id, person="ada")
    assert job.state == "REFUSED"
    assert words.replace(". (", " (") in job.message.replace(". (", " (")
    assert launch(plan.id, person="ada").state == "REFUSED"
    assert len(provider.posts) == 1
    assert len(provider.jobs) == 0


def test_after_a_refusal_a_person_may_ask_again_up_to_three_times(approved: Make, provider: Provider) -> None:
    provider.faults.extend(["429", "429"])
    plan = approved()
    launch(plan.id, person="ada")
    assert launch(plan.id, person="ada", retry=True).state == "REFUSED"
    job = launch(plan.id, person="ada", retry=True)
    assert (job.state, job.attempt, len(provider.jobs)) == ("CONFIRMED", 3, 1)
    assert [p["body"]["metadata"]["ft_attempt"] for p in provider.posts] == ["1", "2", "3"]


def test_the_fourth_attempt_is_refused(approved: Make, provider: Provider) -> None:
    provider.faults.extend(["429"] * 9)
    plan = approved()
    launch(plan.id, person="ada")
    launch(plan.id, person="ada", retry=True)
    launch(plan.id, person="ada", retry=True)
    with pytest.raises(RefusedError, match=r"sent 3 times\. Mend .* --repeat 1"):
        launch(plan.id, person="ada", retry=True)
    assert len(provider.posts) == 3


@pytest.mark.parametrize("fault", ["reset-after", "502-html", "html-200", "half-json"])
def test_a_lost_answer_is_looked_up_and_adopted(approved: Make, provider: Provider, quick: None, fault: str) -> None:
    provider.faults.append(fault)
    plan = approved()
    job = launch(plan.id, person="ada")
    assert (job.state, job.provider_job_id) == ("CONFIRMED", "ftjob-000002")
    assert states(plan)[2:] == ["SENDING", "UNKNOWN", "CONFIRMED"]
    assert len(provider.posts) == 1


def test_a_timeout_is_looked_up_and_adopted(
    approved: Make, provider: Provider, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.jobs.backends import openai_wire

    real = openai_wire.threshold
    monkeypatch.setattr(openai_wire, "threshold", lambda n: 0.2 if n == "jobs.create_timeout_s" else real(n))
    provider.faults.append("slow-after:1")
    job = launch(approved().id, person="ada")
    assert job.state == "CONFIRMED"
    assert len(provider.posts) == 1


def test_a_job_that_appears_late_is_found(approved: Make, provider: Provider, quick: None) -> None:
    provider.faults.append("late:0.2")
    job = launch(approved().id, person="ada")
    assert job.state == "CONFIRMED"
    assert len(provider.posts) == 1


@pytest.mark.parametrize("fault", ["500", "408", "409", "429-html", "reset-before"])
def test_no_trace_after_the_window_waits_for_a_person(
    approved: Make, provider: Provider, quick: None, fault: str
) -> None:
    provider.faults.append(fault)
    plan = approved()
    job = launch(plan.id, person="ada")
    assert (job.state, job.status) == ("NEEDS_HUMAN", "needs_human")
    assert launch(plan.id, person="ada").state == "NEEDS_HUMAN"
    assert launch(plan.id, person="ada", retry=True).state == "NEEDS_HUMAN", "not even when asked to"
    assert (len(provider.posts), len(provider.jobs)) == (1, 0)
    reconcile.resolve(job.id, "ada", not_created=True, why="I looked in the provider's list of jobs")
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.jobs) == 1


def test_a_person_can_name_the_job_that_was_made(approved: Make, provider: Provider, quick: None) -> None:
    provider.faults.append("reset-before")
    job = launch(approved().id, person="ada")
    made = provider.make_job({"model": "other", "training_file": "file-x"})
    reconcile.resolve(job.id, "ada", adopt=made["id"], why="it stands in the provider's list")
    assert view.get(job.id).provider_job_id == made["id"]


def test_before_another_attempt_the_earlier_one_is_looked_for(approved: Make, provider: Provider, quick: None) -> None:
    provider.faults.append("late:3")
    plan = approved()
    job = launch(plan.id, person="ada", wait_s=2)
    assert job.state == "NEEDS_HUMAN"
    reconcile.resolve(job.id, "ada", not_created=True, why="the list was empty when I looked")
    deadline = threading.Event()
    while not provider.jobs:
        deadline.wait(0.05)
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert (len(provider.posts), len(provider.jobs)) == (1, 1), "adopted, not sent again"


def test_without_metadata_it_is_found_by_file_model_and_time(approved: Make, provider: Provider, quick: None) -> None:
    provider.keeps_metadata = False
    provider.faults.append("reset-after")
    other = provider.make_job({"model": "gpt-4.1-mini", "training_file": "file-of-somebody"})
    job = launch(approved().id, person="ada")
    assert job.state == "CONFIRMED"
    assert job.provider_job_id != other["id"]


def test_two_jobs_for_one_launch_are_said_and_the_oldest_is_kept(
    approved: Make, provider: Provider, quick: None
) -> None:
    provider.faults.append("reset-after")
    plan = approved()
    real = provider.make_job

    def twice(body: dict[str, object]) -> dict[str, object]:
        first = real(body)
        real(body)
        return first

    provider.make_job = twice  # type: ignore[method-assign]
    job = launch(plan.id, person="ada")
    assert job.state == "CONFIRMED"
    assert "2 jobs were found" in job.message
    assert "cancel ftjob-" in job.message


def test_an_unreachable_provider_got_nothing(approved: Make, server: Server, provider: Provider) -> None:
    plan = approved()
    server.http.shutdown()
    server.http.server_close()
    job = launch(plan.id, person="ada")
    assert job.state == "NOT_CREATED"
    assert states(plan) == ["RESERVED", "NOT_CREATED"]


@pytest.mark.parametrize("fault", ["403", "reset-before", "reset-after"])
def test_a_failed_upload_buys_nothing(approved: Make, provider: Provider, fault: str) -> None:
    provider.upload_faults.append(fault)
    job = launch(approved().id, person="ada")
    expected = {"403": "REFUSED", "reset-before": "NOT_CREATED", "reset-after": "CONFIRMED"}[fault]
    assert job.state == expected
    assert len(provider.posts) == (1 if expected == "CONFIRMED" else 0)


def test_while_the_provider_cannot_be_asked_nothing_is_concluded(
    approved: Make, provider: Provider, quick: None
) -> None:
    provider.faults.append("reset-after")
    provider.get_faults.extend([*["none"] * 3, *["500"] * 3])
    job = launch(approved().id, person="ada")
    assert job.state == "CONFIRMED"
    assert len(provider.posts) == 1


def test_the_plan_is_read_again_from_the_store(approved: Make) -> None:
    plan = approved()
    assert get_plan(plan.id) == plan


def test_where_a_key_can_make_no_second_job_no_trace_is_proof(
    approved: Make, provider: Provider, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local engine: the same key is the same job there, so looking once is enough."""
    from tools.jobs.backends import registry

    real = registry.BACKENDS["wire"]

    def idempotent() -> Backend:
        made = real()
        made.idempotent = True
        return made

    monkeypatch.setitem(registry.BACKENDS, "wire", idempotent)
    provider.faults.append("reset-before")
    plan = approved()
    assert launch(plan.id, person="ada").state == "NOT_CREATED"
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.jobs) == 1
