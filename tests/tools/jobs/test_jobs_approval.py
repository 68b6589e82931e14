"""An approval is one person's yes to one exact plan: nothing else can be launched with it."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from wire_provider import Provider

from tools.canonical import canonical
from tools.errors import AdvisorError, InputError, NotFoundError, RefusedError, UnavailableError
from tools.jobs import approval, limits, pricing
from tools.jobs.approval import approve, list_approvals, reject
from tools.jobs.launcher import launch
from tools.jobs.models import Envelope, Plan
from tools.jobs.plan import get_plan
from tools.records import clock, database

Make = Callable[..., Plan]
SIX = Decimal("6.00")


def test_without_an_approval_nothing_is_launched(propose_one: Make, provider: Provider) -> None:
    with pytest.raises(RefusedError, match="nobody has approved this plan"):
        launch(propose_one().id, person="ada")
    assert not provider.posts


def test_an_approval_of_another_digest_is_refused(propose_one: Make) -> None:
    plan = propose_one()
    with pytest.raises(RefusedError, match="digest is not that of this plan"):
        approve(plan.id, "0" * 64, "ada", SIX)
    with pytest.raises(RefusedError, match="digest"):
        approve(plan.id, plan.plan_digest[:8], "ada", SIX)


def test_an_approval_is_bound_to_its_person(approved: Make, provider: Provider) -> None:
    plan = approved("ada")
    with pytest.raises(RefusedError, match="eve has not approved this plan"):
        launch(plan.id, person="eve")
    assert not provider.posts


def test_another_owner_cannot_see_or_launch_it(approved: Make, provider: Provider) -> None:
    plan = approved("ada")
    for action in (
        lambda: launch(plan.id, person="ada", owner="mallory"),
        lambda: approve(plan.id, plan.plan_digest, "mallory", SIX, owner="mallory"),
        lambda: get_plan(plan.id, "mallory"),
    ):
        with pytest.raises(NotFoundError, match="there is no plan"):
            action()
    assert not provider.posts


def test_an_approval_ends(approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = approved()
    later = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(RefusedError, match="has ended"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_a_clock_set_back_does_not_make_an_approval_valid_early(
    approved: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = approved()
    earlier = clock.now() - timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: earlier)
    with pytest.raises(RefusedError):
        launch(plan.id, person="ada")


def test_a_rejected_plan_is_not_launched_until_approved_anew(approved: Make) -> None:
    plan = approved("ada")
    reject(plan.id, plan.plan_digest, "bob", "the labels are not reviewed")
    with pytest.raises(RefusedError, match="bob rejected this plan"):
        launch(plan.id, person="ada")
    approve(plan.id, plan.plan_digest, "ada", SIX)
    assert launch(plan.id, person="ada").state == "CONFIRMED"


@pytest.mark.usefixtures("provider")
def test_a_double_click_on_approve_is_one_approval(propose_one: Make) -> None:
    plan = propose_one()
    first = approve(plan.id, plan.plan_digest, "ada", SIX)
    assert approve(plan.id, plan.plan_digest, " ada ", SIX).id == first.id
    launch(plan.id, person="ada")
    assert approve(plan.id, plan.plan_digest, "ada", SIX).id == first.id, "also when the first click was quicker"
    assert len(list_approvals(plan.id)) == 1


def test_the_ceiling_must_hold_the_worst_case(propose_one: Make) -> None:
    plan = propose_one()
    with pytest.raises(RefusedError, match=r"worst case is 6.00 USD, above your ceiling of 5.99 USD"):
        approve(plan.id, plan.plan_digest, "ada", Decimal("5.99"))
    for nonsense in ("-1", "NaN", "Infinity"):
        with pytest.raises(InputError, match="ceiling"):
            approve(plan.id, plan.plan_digest, "ada", Decimal(nonsense))


def test_an_unknown_price_is_refused_unless_overridden_in_writing(
    propose_one: Make, cost: dict[str, Decimal | None], provider: Provider
) -> None:
    cost["usd"] = None
    plan = propose_one()
    assert plan.envelope.worst_case_usd is None
    with pytest.raises(RefusedError, match="unknown is not 0"):
        approve(plan.id, plan.plan_digest, "ada", SIX)
    with pytest.raises(RefusedError, match="unknown is not 0"):
        approve(plan.id, plan.plan_digest, "ada", SIX, overrides={"price_unknown": "ok"})
    why = {"price_unknown": "Our contract has a flat fee of 5 USD a job."}
    with pytest.raises(RefusedError, match="a ceiling of 0 USD cannot hold it"):
        approve(plan.id, plan.plan_digest, "ada", Decimal(0), overrides=why)
    given = approve(plan.id, plan.plan_digest, "ada", SIX, overrides=why)
    assert given.overrides == why
    assert launch(plan.id, person="ada").state == "CONFIRMED"


ENVELOPE_CHANGES: dict[str, Any] = {
    "form": 2,
    "owner": "eve",
    "backend": "openai",
    "account": "elsewhere#000000000000",
    "base_model": "gpt-4.1",
    "technique": "dpo",
    "method": "dpo",
    "hyperparameters": {"n_epochs": 50},
    "grader": {"type": "python"},
    "seed": 1,
    "suffix": "mine",
    "tier": "developerTier",
    "training": {"sha256": "0" * 64, "bytes": 1, "rows": 1, "tokens": 1},
    "validation": {"sha256": "0" * 64, "bytes": 1, "rows": 1, "tokens": 1},
    "price_table": "another",
    "worst_case_usd": "0.01",
    "blockers": ["x"],
    "stop_rules": [],
    "repeat": 7,
}


def test_the_list_of_changes_is_complete() -> None:
    assert set(ENVELOPE_CHANGES) == set(Envelope.model_fields)


@pytest.mark.parametrize("field", sorted(ENVELOPE_CHANGES))
@pytest.mark.parametrize("digest_too", [False, True], ids=["field", "field and digest"])
def test_any_approved_field_changed_in_the_store_is_refused(
    approved: Make, provider: Provider, field: str, digest_too: bool
) -> None:
    plan = approved()
    document = json.loads(plan.model_dump_json())
    document["envelope"][field] = ENVELOPE_CHANGES[field]
    digest = plan.plan_digest
    if digest_too and field != "form":
        digest = Envelope.model_validate(document["envelope"]).digest
        document["plan_digest"] = digest
    with database.write() as connection:
        statement = text("UPDATE plans SET document = :d, digest = :g WHERE id = :i")
        connection.execute(statement, {"d": canonical(document), "g": digest, "i": plan.id})
    with pytest.raises(AdvisorError):
        launch(plan.id, person="ada")
    assert not provider.posts


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person", "eve"),
        ("ceiling_usd", "600.00"),
        ("expires_at", "2036-01-01T00:00:00.000000+00:00"),
        ("overrides", '{"eligibility":"we are one of them"}'),
    ],
)
def test_an_approval_changed_in_the_store_is_worth_nothing(
    approved: Make, provider: Provider, column: str, value: str
) -> None:
    plan = approved("ada")
    with database.write() as connection:
        connection.execute(text(f"UPDATE approvals SET {column} = :v"), {"v": value})
    with pytest.raises(RefusedError):
        launch(plan.id, person="eve" if column == "person" else "ada")
    assert not provider.posts


def test_an_approval_forged_in_the_store_is_worth_nothing(propose_one: Make, provider: Provider) -> None:
    plan = propose_one()
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO approvals VALUES ('approval_forged', 'local', :p, :d, 'eve', 'approved', '6.00',"
                " '2026-01-01T00:00:00.000000+00:00', '2036-01-01T00:00:00.000000+00:00', '', '{}', NULL)"
            ),
            {"p": plan.id, "d": plan.plan_digest},
        )
    with pytest.raises(RefusedError, match="stored approval was changed"):
        launch(plan.id, person="eve")
    assert not provider.posts


def test_what_is_read_live_must_be_as_approved(
    approved: Make, provider: Provider, cost: dict[str, Decimal | None], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    plan = approved()
    cost["usd"] = Decimal("6.50")
    with pytest.raises(RefusedError, match="the price is not the one that was approved"):
        launch(plan.id, person="ada")
    cost["usd"] = SIX
    monkeypatch.setenv("ADVISOR_JOBS_API_KEY", "sk-of-another-organisation")
    with pytest.raises(RefusedError, match="account at wire is not the one that was approved"):
        launch(plan.id, person="ada")
    monkeypatch.setenv("ADVISOR_JOBS_API_KEY", "sk-test")
    kept = home / "datasets" / f"{plan.envelope.training.sha256}.jsonl"
    kept.chmod(0o600)
    whole = kept.read_bytes()
    kept.write_bytes(whole.replace(b"order 3", b"order 4"))
    with pytest.raises(RefusedError, match="the data is not what was approved"):
        launch(plan.id, person="ada")
    kept.unlink()
    with pytest.raises(RefusedError, match="no longer there"):
        launch(plan.id, person="ada")
    assert not provider.posts
    kept.write_bytes(whole)
    assert launch(plan.id, person="ada").state == "CONFIRMED"


def test_a_base_retired_between_approval_and_launch_is_refused(approved: Make, provider: Provider) -> None:
    plan = approved()
    soon = (clock.now() + timedelta(days=30)).date().isoformat()
    provider.models["gpt-4.1-mini"] = {"id": "gpt-4.1-mini", "object": "model", "shutdown_date": soon}
    with pytest.raises(RefusedError, match=f"announced to be shut down on {soon}"):
        launch(plan.id, person="ada")
    past = (clock.now() - timedelta(days=1)).date().isoformat()
    provider.models["gpt-4.1-mini"]["shutdown_date"] = past
    with pytest.raises(RefusedError, match=f"shut down on {past}"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_a_base_that_retires_before_the_horizon_needs_a_written_reason(propose_one: Make, provider: Provider) -> None:
    soon = (clock.now() + timedelta(days=54)).date().isoformat()
    provider.models["gpt-4.1-mini"] = {"id": "gpt-4.1-mini", "object": "model", "shutdown_date": soon}
    plan = propose_one(horizon_months=12)
    assert "54 days from now" in plan.lifetime
    assert [b.code for b in plan.blockers] == ["retires_before_horizon"]
    with pytest.raises(RefusedError, match="before your 12 months are over"):
        approve(plan.id, plan.plan_digest, "ada", SIX)
    assert propose_one(horizon_months=1).blockers == ()


def at_once(n: int, action: Callable[[int], object]) -> list[Any]:
    results: list[Any] = [None] * n
    gate = threading.Barrier(n)

    def one(i: int) -> None:
        gate.wait()
        try:
            results[i] = action(i)
        except AdvisorError as e:
            results[i] = e

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


@pytest.mark.parametrize(
    "setting", ["per_person_and_day_usd: 20", "organisation_per_month_usd: 23.99"], ids=["person", "organisation"]
)
def test_twenty_approvals_at_once_against_a_cap_that_fits_three(
    propose_one: Make, provider: Provider, home: Path, setting: str
) -> None:
    plans = [propose_one(repeat=i) for i in range(20)]
    (home / limits.SETTINGS).write_text(f"{setting}\n" if "person" in setting else f"{setting}\nper_job_usd: 50\n")
    results = at_once(20, lambda i: approve(plans[i].id, plans[i].plan_digest, "ada", SIX))
    said = [r for r in results if isinstance(r, approval.Approval)]
    refused = [r for r in results if isinstance(r, RefusedError)]
    assert (len(said), len(refused)) == (3, 17)
    launched = [launch(a.plan_id, person="ada") for a in said]
    assert len(provider.jobs) == len(launched) == 3


def test_a_finished_reservation_is_free_again(
    approved: Make, propose_one: Make, provider: Provider, home: Path
) -> None:
    provider.faults.append("400")
    other = propose_one(repeat=1)
    (home / limits.SETTINGS).write_text("per_person_and_day_usd: 6\n")
    plan = approved()
    with pytest.raises(RefusedError, match=r"ada on one day \(UTC\) allows \(6 USD, 6.00 USD are spent or reserved"):
        approve(other.id, other.plan_digest, "ada", SIX)
    assert launch(plan.id, person="ada").state == "REFUSED"
    approve(other.id, other.plan_digest, "ada", SIX)


def test_the_cap_of_a_job_holds(propose_one: Make, home: Path, cost: dict[str, Decimal | None]) -> None:
    cost["usd"] = Decimal("50.01")
    plan = propose_one()
    with pytest.raises(RefusedError, match=r"50.01 USD is more than the cap for a job allows \(50 USD\)"):
        approve(plan.id, plan.plan_digest, "ada", Decimal("50.01"))


def test_above_a_sum_two_persons_are_needed(propose_one: Make, provider: Provider, home: Path) -> None:
    plan = propose_one()
    (home / limits.SETTINGS).write_text("two_persons_above_usd: 5\n")
    approve(plan.id, plan.plan_digest, "ada", SIX)
    with pytest.raises(RefusedError, match="a second person has to approve"):
        launch(plan.id, person="ada")
    approve(plan.id, plan.plan_digest, "bob", SIX)
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.posts) == 1


def test_the_second_person_is_another_one_and_stands_in_the_ledger(
    propose_one: Make, provider: Provider, home: Path
) -> None:
    plan = propose_one()
    (home / limits.SETTINGS).write_text("two_persons_above_usd: 5\n")
    approve(plan.id, plan.plan_digest, "ada", SIX)
    approve(plan.id, plan.plan_digest, "ADA", SIX)
    with pytest.raises(RefusedError, match="a second person has to approve"):
        launch(plan.id, person="ada")
    with database.write() as connection:
        connection.execute(text("UPDATE approvals SET person = 'bob' WHERE person = 'ADA'"))
    with pytest.raises(RefusedError, match="a second person has to approve"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_above_a_sum_an_approved_page_is_needed(propose_one: Make, provider: Provider, home: Path) -> None:
    from agent.case import Case
    from agent.page import decision_record
    from tools.report import keeping

    plan = propose_one()
    (home / limits.SETTINGS).write_text("page_above_usd: 5\n")
    approve(plan.id, plan.plan_digest, "ada", SIX)
    with pytest.raises(RefusedError, match="an approved page that asks for this plan is needed"):
        launch(plan.id, person="ada")
    page = keeping.keep(decision_record(Case(id="c1", plans=[plan.id]), owner=plan.owner, now=clock.now()), plan.owner)
    assert page.record.plan_digest == plan.plan_digest
    with pytest.raises(RefusedError, match="an approved page"):  # kept, but nobody has said yes to it
        launch(plan.id, person="ada")
    keeping.decide(page.id, plan.owner, person="bob", decision="approved", digest=page.digest)
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.posts) == 1


def test_a_page_that_no_longer_holds_launches_nothing(
    propose_one: Make, provider: Provider, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.case import Case
    from agent.page import decision_record
    from tools.report import keeping, validity

    plan = propose_one()
    (home / limits.SETTINGS).write_text("page_above_usd: 5\n")
    page = keeping.keep(decision_record(Case(id="c1", plans=[plan.id]), owner=plan.owner, now=clock.now()), plan.owner)
    keeping.decide(page.id, plan.owner, person="bob", decision="approved", digest=page.digest)
    approve(plan.id, plan.plan_digest, "ada", SIX)
    monkeypatch.setattr(validity, "broken", lambda *_, **__: ("The prices of openai have changed.",))
    with pytest.raises(RefusedError, match="no longer holds: The prices of openai have changed"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_the_kill_switch_stops_approvals_and_launches(approved: Make, provider: Provider, home: Path) -> None:
    plan = approved()
    (home / limits.KILL_SWITCH).write_text("audit until Friday\n")
    with pytest.raises(RefusedError, match="all launches are stopped: audit until Friday"):
        launch(plan.id, person="ada")
    with pytest.raises(RefusedError, match="all launches are stopped"):
        approve(plan.id, plan.plan_digest, "ada", SIX)
    assert not provider.posts
    (home / limits.KILL_SWITCH).unlink()
    assert launch(plan.id, person="ada").state == "CONFIRMED"


@pytest.mark.parametrize("settings", ["per_job_usd: much", "per_jobs_usd: 5", "[", "per_job_usd: -1"])
def test_caps_that_cannot_be_read_stop_spending(propose_one: Make, home: Path, settings: str) -> None:
    plan = propose_one()
    (home / limits.SETTINGS).write_text(settings)
    with pytest.raises(InputError, match=r"spending\.yaml"):
        approve(plan.id, plan.plan_digest, "ada", SIX)


def test_a_damaged_ledger_launches_nothing(approved: Make, provider: Provider, home: Path) -> None:
    plan = approved()
    mark = json.loads((home / "ledger.head").read_text())
    (home / "ledger.head").write_text(json.dumps({"seq": mark["seq"] + 1, "hash": "0" * 64}))
    with pytest.raises(UnavailableError, match="the job ledger is damaged"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_a_full_disk_launches_nothing(
    approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    from tools.records import chain

    plan = approved()

    def full(head: chain.Head) -> None:
        raise OSError(28, "No space left on device", str(home / "ledger.head"))

    monkeypatch.setattr(chain, "remember", full)
    with pytest.raises(UnavailableError, match="No space left on device"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_prices_are_asked_for_by_name(propose_one: Make) -> None:
    assert pricing.price(
        backend="local", base_model="x", technique="sft", tier=None, tokens=1, validation_tokens=None, n_epochs=1
    ).worst_case_usd == Decimal(0)
