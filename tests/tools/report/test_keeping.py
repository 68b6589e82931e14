"""Pages that were shown: who decided what on which one, and links that end."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.case import Case, Noted
from agent.page import decision_record
from tools.errors import InputError, NotFoundError, RefusedError
from tools.records import clock
from tools.report import keeping

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def kept(examples: int = 10, owner: str = "ada") -> keeping.Kept:
    case = Case(id="c1", facts={"examples": Noted(value=examples)})
    return keeping.keep(decision_record(case, owner=owner, now=NOW), owner)


def test_the_same_page_is_kept_once() -> None:
    assert kept().id == kept().id
    assert len(keeping.pages_of("c1", "ada")) == 1


def test_a_decision_has_name_time_comment_and_the_digest_that_was_seen() -> None:
    page = kept()
    assert page.status == "open"
    after = keeping.decide(page.id, "ada", person="Grace", decision="approved", digest=page.digest, comment="yes")
    (said,) = after.decided
    assert (after.status, said.person, said.comment, said.digest) == ("approved", "Grace", "yes", page.digest)


def test_the_last_word_counts() -> None:
    page = kept()
    keeping.decide(page.id, "ada", person="Grace", decision="approved", digest=page.digest)
    assert keeping.decide(page.id, "ada", person="Grace", decision="rejected", digest=page.digest).status == "rejected"


def test_another_version_than_the_one_seen_is_refused() -> None:
    with pytest.raises(RefusedError, match="not the page that was seen"):
        keeping.decide(kept().id, "ada", person="Grace", decision="approved", digest="0" * 64)


def test_a_newer_page_supersedes() -> None:
    old = kept(10)
    keeping.decide(old.id, "ada", person="Grace", decision="approved", digest=old.digest)
    new = kept(11)
    assert keeping.page(old.id, "ada").status == "superseded"
    assert new.status == "open"
    with pytest.raises(RefusedError, match="newer page"):
        keeping.decide(old.id, "ada", person="Grace", decision="approved", digest=old.digest)


@pytest.mark.parametrize(("person", "comment"), [("  ", ""), ("Grace", "x" * 2001)])
def test_a_decision_without_a_name_or_with_an_essay_is_refused(person: str, comment: str) -> None:
    page = kept()
    with pytest.raises(InputError):
        keeping.decide(page.id, "ada", person=person, decision="approved", digest=page.digest, comment=comment)


def test_another_persons_page_does_not_exist() -> None:
    page = kept(owner="ada")
    for act in (
        lambda: keeping.page(page.id, "eve"),
        lambda: keeping.share(page.id, "eve"),
        lambda: keeping.decide(page.id, "eve", person="Eve", decision="approved", digest=page.digest),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert keeping.pages_of("c1", "eve") == []


def test_a_link_reads_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    page = kept()
    token, link = keeping.share(page.id, "ada", days=2)
    assert keeping.shared(token).digest == page.digest
    with pytest.raises(NotFoundError):
        keeping.shared(token[:-1])
    real = clock.now
    monkeypatch.setattr(keeping, "now", lambda: real() + timedelta(days=2, seconds=1))
    with pytest.raises(NotFoundError):
        keeping.shared(token)
    monkeypatch.setattr(keeping, "now", real)
    assert keeping.shared(token)
    with pytest.raises(NotFoundError):
        keeping.revoke(link.id, "eve")
    keeping.revoke(link.id, "ada")
    with pytest.raises(NotFoundError):
        keeping.shared(token)


def test_the_token_itself_is_nowhere_in_the_home(home: object) -> None:
    from pathlib import Path

    token, _ = keeping.share(kept().id, "ada")
    assert isinstance(home, Path)
    assert not [p for p in home.rglob("*") if p.is_file() and token.encode() in p.read_bytes()]


@pytest.mark.parametrize("days", [0, -1, 91])
def test_a_link_has_an_end(days: int) -> None:
    with pytest.raises(InputError, match="1 to 90"):
        keeping.share(kept().id, "ada", days=days)


def test_going_back_to_what_was_shown_before_is_the_newest_page_and_wants_a_new_yes() -> None:
    first = kept(10)
    keeping.decide(first.id, "ada", person="Grace", decision="approved", digest=first.digest)
    other = kept(11)
    again = kept(10)
    assert (again.digest, again.status) == (first.digest, "open")
    assert keeping.page(other.id, "ada").status == "superseded"
    assert [d.person for d in again.decided] == ["Grace"]
    after = keeping.decide(again.id, "ada", person="Grace", decision="approved", digest=again.digest)
    assert after.status == "approved"


def test_a_page_or_an_approval_changed_in_the_table_alone_lets_nothing_launch() -> None:
    from sqlalchemy import insert, update

    from tools.records import database
    from tools.records.tables import page_decisions, pages

    record = decision_record(Case(id="c9"), owner="ada", now=NOW).model_copy(update={"plan_digest": "p" * 64})
    page = keeping.keep(record, "ada")
    with database.write() as connection:
        connection.execute(
            insert(page_decisions).values(
                id="s1", owner="ada", page_id=page.id, digest=page.digest, person="Mallory", decision="approved",
                comment="", created_at=clock.now(),
            )
        )  # fmt: skip
    assert keeping.approved_for("p" * 64, "ada") is None
    keeping.decide(page.id, "ada", person="Grace", decision="approved", digest=page.digest)
    assert keeping.approved_for("p" * 64, "ada") is not None
    other = record.model_copy(update={"plan_digest": "q" * 64}).model_dump(mode="json")
    with database.write() as connection:
        connection.execute(update(pages).where(pages.c.id == page.id).values(document=other))
    assert keeping.approved_for("q" * 64, "ada") is None


def test_a_link_shows_no_folder_of_somebodys_computer() -> None:
    from tools.report import html

    base = "/home/ada/hush models/base"
    case = Case(id="c2", facts={"base_model": Noted(value=base), "examples": Noted(value=100)})
    record = decision_record(case, owner="ada", now=NOW)
    record = record.model_copy(update={"plan": (("where", f"local · {base}"),)})
    assert "hush models" in html(record)
    shown = html(record.redacted())
    assert "hush" not in shown
    assert "local · …" in shown
