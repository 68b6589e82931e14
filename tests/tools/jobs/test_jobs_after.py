"""After a launch: pause and resume where the wire has them, deployment with its hourly price, Azure's two surfaces."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_jobs_notices import visit
from wire_provider import Provider, Server

from tools.errors import RefusedError
from tools.jobs import monitor, statuses, view
from tools.jobs.backends.base import Refused
from tools.jobs.backends.registry import backend
from tools.jobs.deployment import record, ways
from tools.jobs.launcher import launch
from tools.jobs.models import Job, Plan
from tools.jobs.plan import get_plan
from ui.cli.jobs import jobs as commands

Make = Callable[..., Plan]


@pytest.fixture
def running(approved: Make, provider: Provider) -> Job:
    job = launch(approved().id, person="ada")
    provider.jobs[str(job.provider_job_id)]["status"] = "running"
    visit(job)
    return view.get(job.id)


# Pause: the wire keeps saying "running"; its events say more.


def test_a_pause_is_read_from_the_events(running: Job, provider: Provider) -> None:
    paused = monitor.pause(running.id, person="ada")
    assert (paused.status, paused.provider_status) == ("paused", "running")
    assert [n.code for n in view.report(running.id).notices] == ["started"]
    visit(running)
    assert [n.code for n in view.report(running.id).notices] == ["started", "paused"]
    assert monitor.resume(running.id, person="ada").status == "running"
    assert len(provider.posts) == 1, "going on is no second job"


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([], "running"),
        (["The job has been paused."], "paused"),
        (["Job paused", "Job resumed"], "running"),
        (["Job paused", "Job resumed", "Step 5", "Job paused"], "paused"),
        (["The queue is not paused today"], "running"),
    ],
)
def test_the_last_word_on_a_pause_counts(messages: list[str], status: str) -> None:
    assert statuses.with_events("running", messages) == status
    assert statuses.with_events("succeeded", messages) == "succeeded"


def test_what_has_ended_cannot_be_paused(running: Job, provider: Provider) -> None:
    provider.finish(str(running.provider_job_id))
    with pytest.raises(RefusedError, match="has ended"):
        monitor.pause(running.id)


def test_the_kill_switch_holds_for_going_on(running: Job, home: Path) -> None:
    monitor.pause(running.id)
    (home / "STOP-LAUNCHES").write_text("month end")
    with pytest.raises(RefusedError, match="month end"):
        monitor.resume(running.id)


# Deployment: guidance, and what a person records.


@pytest.fixture
def tuned(running: Job, provider: Provider) -> Job:
    provider.finish(str(running.provider_job_id))
    visit(running)
    return view.get(running.id)


def at(plan: Plan, name: str, base: str, tier: str | None = None) -> Plan:
    envelope = plan.envelope.model_copy(update={"backend": name, "base_model": base, "tier": tier})
    return plan.model_copy(update={"envelope": envelope})


@pytest.mark.parametrize(
    ("name", "base", "tier", "rate", "a_day"),
    [
        ("azure", "gpt-4.1-mini", "globalStandard", "1.70", "40.80"),
        ("azure", "gpt-4.1-mini", "developerTier", "1.70", "40.80"),
        ("huggingface", "Qwen/Qwen3-8B", "a10g-small", "1.00", "24.00"),
        ("huggingface", "Qwen/Qwen3-8B", "a10g-large", None, None),
        ("together", "Qwen/Qwen3.5-9B", "lora", None, None),
        ("openai", "gpt-4.1-mini", None, "0", "0"),
        ("google", "gemini-3.5-flash", None, "0", "0"),
        ("local", "smollm2-135m-instruct", None, "0", "0"),
    ],
)
def test_idle_costs_what_the_catalogue_says(
    tuned: Job, name: str, base: str, tier: str | None, rate: str | None, a_day: str | None
) -> None:
    job = tuned.model_copy(update={"backend": name, "base_model": base})
    told = ways.guidance(job, at(get_plan(tuned.plan_id), name, base, tier))
    assert told.usd_per_hour == (None if rate is None else Decimal(rate))
    assert told.idle_usd_per_day == (None if a_day is None else Decimal(a_day))
    assert told.deploy
    assert told.undo
    assert "http" in told.source or name == "local"
    assert (told.price_checked_on is not None) == (told.hosting == "per_hour" and rate is not None)
    assert not any("{" in step and "sku" not in step for step in (*told.deploy, *told.undo))


def test_every_backend_has_a_way() -> None:
    from tools.jobs.backends.registry import BACKENDS

    assert set(BACKENDS) - {"ray"} <= set(ways.ways())


def test_without_a_tuned_model_there_is_nothing_to_deploy(running: Job) -> None:
    with pytest.raises(RefusedError, match="no tuned model"):
        record.made(running.id, "prod", person="ada")


def test_a_deployment_is_recorded_shown_and_taken_back(tuned: Job) -> None:
    run = CliRunner().invoke
    said = run(commands, ["deploy", tuned.id]).output
    assert "Nothing was deployed" in said
    assert "go back" in said
    run(commands, ["deploy", tuned.id, "--made", "prod", "--as", "ada"], catch_exceptions=False)
    assert "deployed as prod" in run(commands, ["show", tuned.id]).output
    with pytest.raises(RefusedError, match="recorded already"):
        record.made(tuned.id, "again", person="ada")
    run(commands, ["deploy", tuned.id, "--gone", "--as", "ada"], catch_exceptions=False)
    assert view.report(tuned.id).deployment is None
    with pytest.raises(RefusedError, match="no deployment"):
        record.gone(tuned.id, person="ada")


# Azure: its tier in the body, and its two surfaces.


@pytest.mark.parametrize("version", [None, "2025-04-01-preview"])
def test_azure_sends_its_tier_on_either_surface(
    server: Server, provider: Provider, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    from test_jobs_contract import CONTENT, create, keys

    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url if version is None else f"{server.url}/openai")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "sk-test")
    if version:
        monkeypatch.setenv("AZURE_OPENAI_API_VERSION", version)
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url.removesuffix("/v1"))
        provider.prefix = "/openai"
    place = backend("azure")
    key = next(keys)
    file_id = place.upload(f"ft-{key}.jsonl", CONTENT)
    for tier in ("standard", "globalStandard", "developerTier"):
        create(place, key, file_id, tier=tier)
        sent = provider.posts[-1]
        assert sent["body"]["trainingType"] == tier
        assert sent["query"] == ({"api-version": version} if version else {})
        assert (sent["headers"].get("api-key") == "sk-test") is (version is not None)


def test_bedrock_trains_by_reinforcement_alone(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_BEDROCK_BASE_URL", server.url)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "sk-test")
    place = backend("bedrock")
    assert place.techniques == {"rft"}
    assert not place.pauses
    assert place.find_file("nothing", 1) is None


@pytest.mark.parametrize("fault", ["moderation", "403"])
def test_a_moderated_file_is_a_clear_no(provider: Provider, fault: str) -> None:
    provider.upload_faults.append(fault)
    with pytest.raises(Refused):
        backend("wire").upload("ft-1.jsonl", b"{}")
