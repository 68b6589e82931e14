"""At most one paid request per approval, read by somebody who tries to get a second one."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from launch_once import start
from sqlalchemy import Connection, text
from wire_provider import Provider

from tools.errors import AdvisorError, RefusedError, UnavailableError
from tools.jobs.approval import approve
from tools.jobs.launcher import launch
from tools.jobs.models import Plan
from tools.records import chain, clock, database
from ui.cli.jobs import jobs

Make = Callable[..., Plan]


def sqlite_only() -> None:
    if database.address().get_backend_name() != "sqlite":
        pytest.skip("a server's database is no file")


@pytest.fixture
def copied(home: Path, tmp_path: Path) -> Callable[[], Path]:
    """Copies the home folder with all that is in it, as `cp -a` does."""
    sqlite_only()

    def copy() -> Path:
        database.close()
        return Path(shutil.copytree(home, tmp_path / "copy"))

    return copy


def test_a_copy_of_the_home_folder_has_no_approval(
    approved: Make, provider: Provider, home: Path, copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = approved()
    assert "open until" in CliRunner().invoke(jobs, ["show", plan.id], catch_exceptions=False).output
    monkeypatch.setenv("ADVISOR_HOME", str(copied()))
    with pytest.raises(RefusedError, match="copied, moved or restored since the plan was approved"):
        launch(plan.id, person="ada")
    assert not provider.posts
    shown = CliRunner().invoke(jobs, ["show", plan.id], catch_exceptions=False).output
    assert "does not count, for this home folder was copied" in shown
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.posts) == 1


def test_two_copies_that_launch_at_once_make_one_job(
    approved: Make, provider: Provider, home: Path, copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = approved()
    other = copied()
    processes = []
    for folder in (home, other):
        monkeypatch.setenv("ADVISOR_HOME", str(folder))
        processes.append(start(plan.id, "ada"))
    for p in processes:
        p.join(60)
    assert sorted(p.exitcode == 0 for p in processes) == [False, True]
    assert len(provider.posts) == len(provider.jobs) == 1


def test_a_new_yes_in_a_copy_finds_the_job_that_the_other_made(
    approved: Make, provider: Provider, home: Path, copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = approved()
    other = copied()
    made = launch(plan.id, person="ada").provider_job_id
    monkeypatch.setenv("ADVISOR_HOME", str(other))
    approve(plan.id, plan.plan_digest, "ada", plan.envelope.worst_case_usd or 0)  # type: ignore[arg-type]
    assert launch(plan.id, person="ada").provider_job_id == made
    assert len(provider.posts) == 1


def test_a_whole_backup_put_back_in_place_buys_nothing_again(
    approved: Make, provider: Provider, home: Path, copied: Callable[[], Path]
) -> None:
    """Every file as it was before the launch, under the same inodes: only the provider still knows."""
    plan = approved()
    backup = copied()
    made = launch(plan.id, person="ada").provider_job_id
    database.close()
    for file in home.iterdir():
        if file.is_file():
            before = backup / file.name
            file.write_bytes(before.read_bytes() if before.exists() else b"")
    assert launch(plan.id, person="ada").provider_job_id == made
    assert len(provider.posts) == 1


def test_what_the_provider_cannot_be_asked_about_is_not_sent(approved: Make, provider: Provider) -> None:
    plan = approved()
    provider.get_faults.extend(["none", *["500"] * 3])
    job = launch(plan.id, person="ada")
    assert job.state == "NOT_CREATED"
    assert "could not be asked whether this launch has a job already" in job.message
    assert not provider.posts
    assert launch(plan.id, person="ada").state == "CONFIRMED"


def test_a_provider_that_keeps_no_list_is_used_all_the_same(approved: Make, provider: Provider) -> None:
    plan = approved()
    provider.get_faults.extend(["none", "404"])
    assert launch(plan.id, person="ada").state == "CONFIRMED"


def test_a_clock_set_back_does_not_bring_an_ended_approval_to_life(
    approved: Make, propose_one: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger has seen a later hour since; a new yes counts."""
    plan, real = approved(), clock.now
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: real() + timedelta(hours=25))
        approved("bob", repeat=1)
    with pytest.raises(RefusedError, match="had ended before the clock was set back"):
        launch(plan.id, person="ada")
    assert not provider.posts
    approve(plan.id, plan.plan_digest, "ada", plan.envelope.worst_case_usd or 0)  # type: ignore[arg-type]
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.posts) == 1


def test_a_clock_that_was_wrong_once_does_not_stop_what_is_approved_afterwards(
    approved: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clock.now
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: real() + timedelta(days=400))
        approved("bob", repeat=1)
    assert launch(approved().id, person="ada").state == "CONFIRMED"
    assert len(provider.posts) == 1


@pytest.mark.parametrize("left", [0, 1, 7, -1])
def test_a_mark_that_was_cut_off_launches_nothing(approved: Make, provider: Provider, home: Path, left: int) -> None:
    plan = approved()
    mark = home / "ledger.head"
    mark.write_bytes(mark.read_bytes()[:left])
    with pytest.raises(UnavailableError, match="its mark cannot be read"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_a_ledger_that_lost_its_last_line_launches_nothing(approved: Make, provider: Provider) -> None:
    sqlite_only()
    plan = approved()
    with database.write() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='ledger'"))
        for (name,) in names.fetchall():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("DELETE FROM ledger WHERE seq = (SELECT MAX(seq) FROM ledger)"))
    with pytest.raises(UnavailableError, match=r"it ends at entry \d+, but \d+ were written"):
        launch(plan.id, person="ada")
    assert not provider.posts


def test_a_log_cut_off_at_any_place_launches_nothing_twice(
    approved: Make, provider: Provider, home: Path, tmp_path: Path
) -> None:
    """The newest changes lie in SQLite's log; cut off, they are lost, and the mark beside it knows."""
    sqlite_only()
    plan = approved()
    log = home / "advisor.db-wal"
    whole = {f.name: f.read_bytes() for f in home.iterdir() if f.is_file() and f.name.startswith("advisor.db")}
    assert len(whole[log.name]) > 8000
    launch(plan.id, person="ada")
    head = (home / "ledger.head").read_bytes()
    for cut in (0, 40, 4200, len(whole[log.name]) - 7):
        database.close()
        for name, content in whole.items():
            (home / name).write_bytes(content[:cut] if name == log.name else content)
        (home / "advisor.db-shm").unlink(missing_ok=True)
        (home / "ledger.head").write_bytes(head)
        database.migrate_once.cache_clear()  # as a program that is started then
        with pytest.raises(AdvisorError):
            launch(plan.id, person="ada")
    assert len(provider.posts) == 1


def test_an_approval_from_before_an_update_says_so(
    propose_one: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = chain.append

    def as_it_was(connection: Connection, owner: str, subject: str, kind: str, body: dict[str, object]) -> chain.Head:
        return real(connection, owner, subject, kind, {k: v for k, v in body.items() if k != "place"})

    plan = propose_one()
    with monkeypatch.context() as patch:
        patch.setattr(chain, "append", as_it_was)
        approve(plan.id, plan.plan_digest, "ada", plan.envelope.worst_case_usd or 0)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match=r"updated since the plan was approved.*Approve the plan anew"):
        launch(plan.id, person="ada")
    approve(plan.id, plan.plan_digest, "ada", plan.envelope.worst_case_usd or 0)  # type: ignore[arg-type]
    assert launch(plan.id, person="ada").state == "CONFIRMED"
    assert len(provider.posts) == 1
