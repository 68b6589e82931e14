"""The decision record over HTTP: the owner's page, what can be done there, and what a link shows."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.case import Case, ChatLine, Noted
from agent.page import decision_record
from knowledge.report_words import LANGUAGES, report_words
from tools.report import keeping
from ui.web.pages import router, signed_in


@pytest.fixture
def who() -> dict[str, str | None]:
    return {"name": "ada"}


@pytest.fixture
def client(who: dict[str, str | None]) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router)
    app.dependency_overrides[signed_in] = lambda: SimpleNamespace(identifier=who["name"]) if who["name"] else None
    with TestClient(app, follow_redirects=True) as made:
        yield made


@pytest.fixture
def page() -> keeping.Kept:
    case = Case(id="c1", facts={"examples": Noted(value=10)}, chat=[ChatLine(role="user", text="canary tickets")])
    return keeping.keep(decision_record(case, owner="ada", now=datetime(2026, 11, 21, tzinfo=UTC)), "ada")


def test_the_owner_reads_decides_and_sees_it(client: TestClient, page: keeping.Kept) -> None:
    seen = client.get(f"/page/{page.id}")
    assert seen.status_code == 200
    assert "Nobody has decided yet" in seen.text
    assert seen.headers["cache-control"] == "no-store"
    form = {"person": "Grace", "decision": "approved", "digest": page.digest, "comment": "<b>go</b>"}
    after = client.post(f"/page/{page.id}/decide", data=form)
    assert "Approved: Grace" in after.text
    assert "<b>go</b>" not in after.text


def test_a_page_that_no_longer_holds_cannot_be_approved_and_says_why(client: TestClient) -> None:
    record = decision_record(Case(id="c3"), owner="ada", now=datetime(2024, 1, 1, tzinfo=UTC))
    old = keeping.keep(record, "ada")
    refused = client.post(
        f"/page/{old.id}/decide", data={"person": "Grace", "decision": "approved", "digest": old.digest}
    )
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert keeping.page(old.id, "ada").status == "open"


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_approved_page_says_so_when_what_it_rests_on_has_changed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    facts = {"task_type": "classification", "gaps": ["accuracy"], "examples": 3000, "requests_per_day": 5000}
    noted = {name: Noted(value=value) for name, value in facts.items()}
    case = Case(id="c4", facts=noted, language=language)  # type: ignore[arg-type]
    kept = keeping.keep(decision_record(case, owner="ada", now=datetime.now(UTC)), "ada")
    form = {"person": "Grace", "decision": "approved", "digest": kept.digest}
    approved = client.post(f"/page/{kept.id}/decide", data=form).text
    assert 'role="alert"' not in approved
    monkeypatch.setattr("tools.report.validity.price_digest", lambda provider: "changed")
    words = report_words(language)
    (prices,) = [c for c in kept.record.conditions if c.kind == "prices"]
    now = client.get(f"/page/{kept.id}").text
    assert words["bar"]["holds_not"] in now
    assert words["broken"]["prices"].format(what=prices.what) in now


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"digest": "0" * 64}, 409, "not the page that was seen"),
        ({"person": " "}, 409, "needs a name"),
        ({"decision": "launched"}, 422, ""),
    ],
)
def test_a_decision_that_does_not_fit_is_refused(
    client: TestClient, page: keeping.Kept, change: dict[str, str], status: int, words: str
) -> None:
    form = {"person": "Grace", "decision": "approved", "digest": page.digest} | change
    refused = client.post(f"/page/{page.id}/decide", data=form)
    assert refused.status_code == status
    assert words in refused.text
    assert keeping.page(page.id, "ada").status == "open"


@pytest.mark.parametrize("name", ["eve", None])
def test_for_anybody_else_there_is_no_page(
    client: TestClient, page: keeping.Kept, who: dict[str, str | None], name: str | None
) -> None:
    who["name"] = name
    form = {"person": "Eve", "decision": "approved", "digest": page.digest}
    for answer in (
        client.get(f"/page/{page.id}"),
        client.get(f"/page/{page.id}/page.pdf"),
        client.post(f"/page/{page.id}/decide", data=form),
        client.post(f"/page/{page.id}/share"),
    ):
        assert answer.status_code == 404
    assert keeping.page(page.id, "ada").status == "open"


def test_a_link_shows_the_page_to_anybody_and_nobodys_words(
    client: TestClient, page: keeping.Kept, who: dict[str, str | None]
) -> None:
    made = client.post(f"/page/{page.id}/share", data={"days": "3"})
    found = re.search(r'href="http://testserver(/shared/[\w-]+)"', made.text)
    assert found is not None  # whole, to be sent to somebody
    who["name"] = None
    seen = client.get(found[1])
    assert seen.status_code == 200
    assert page.digest[:16] in seen.text
    assert "canary" not in seen.text
    assert "<form" not in seen.text
    who["name"] = "ada"
    (link,) = keeping.shares_of(page.id, "ada")
    assert "ended" in client.post(f"/page/{page.id}/revoke/{link.id}").text
    assert client.get(found[1]).status_code == 404


@pytest.mark.parametrize(("form", "begins"), [("page.pdf", b"%PDF"), ("page.html", b"<!doctype"), ("page.md", b"# ")])
def test_three_forms_to_take_away(client: TestClient, page: keeping.Kept, form: str, begins: bytes) -> None:
    answer = client.get(f"/page/{page.id}/{form}")
    assert answer.content.startswith(begins)
    assert "attachment" in answer.headers["content-disposition"]


def test_no_other_form(client: TestClient, page: keeping.Kept) -> None:
    assert client.get(f"/page/{page.id}/page.exe").status_code == 404


def test_a_double_click_is_one_decision_and_a_window_that_is_behind_must_look_again(
    client: TestClient, page: keeping.Kept
) -> None:
    seen = {"digest": page.digest, "seen": "0"}
    yes = {"person": "Grace", "decision": "approved", **seen}
    for _ in "12":
        assert client.post(f"/page/{page.id}/decide", data=yes).status_code == 200
    assert len(keeping.page(page.id, "ada").decided) == 1

    no = {"person": "Luis <i>", "decision": "rejected", "comment": "too dear", **seen}
    behind = client.post(f"/page/{page.id}/decide", data=no)
    assert behind.status_code == 409
    assert "Somebody has decided on this page since" in behind.text
    assert "Approved: Grace" in behind.text
    assert 'value="Luis &lt;i&gt;"' in behind.text
    assert ">too dear</textarea>" in behind.text
    assert keeping.page(page.id, "ada").status == "approved"
    assert client.post(f"/page/{page.id}/decide", data={**no, "seen": "1"}).status_code == 200
    assert keeping.page(page.id, "ada").status == "rejected"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_that_leads_nowhere_says_so_in_the_readers_language(client: TestClient, language: str) -> None:
    answer = client.get("/shared/nonsense", headers={"accept-language": f"{language}-XX,en;q=0.5"})
    assert answer.status_code == 404
    assert report_words(language)["bar"]["no_link"] in html.unescape(answer.text)
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_refusal_is_in_the_pages_language_and_a_reload_comes_back_to_the_page(client: TestClient) -> None:
    record = decision_record(Case(id="c5", language="es"), owner="local", now=datetime.now(UTC))
    kept = keeping.keep(record, "ada")
    for refused in (
        client.post(f"/page/{kept.id}/share", data={"days": "91"}),
        client.post(f"/page/{kept.id}/decide", data={"person": " ", "decision": "rejected", "digest": kept.digest}),
    ):
        assert refused.status_code in (400, 409)
        assert "Un enlace puede durar de 1 a 90" in refused.text or "Una decisión necesita un nombre" in refused.text
    for address in ("share", "decide"):
        assert client.get(f"/page/{kept.id}/{address}").url.path == f"/page/{kept.id}"
    assert "para local" not in client.get(f"/page/{kept.id}").text  # nobody is called that


def test_a_superseded_page_leads_to_the_newest(client: TestClient, page: keeping.Kept) -> None:
    case = Case(id="c1", facts={"examples": Noted(value=11)})
    newest = keeping.keep(decision_record(case, owner="ada", now=datetime.now(UTC)), "ada")
    old = client.get(f"/page/{page.id}").text
    assert f'href="/page/{newest.id}"' in old
    assert "/decide" not in old


def test_a_form_that_is_sent_again_makes_no_second_link(client: TestClient, page: keeping.Kept) -> None:
    for _ in "12":
        assert client.post(f"/page/{page.id}/share", data={"days": "3", "have": "0"}).status_code == 200
    assert len(keeping.shares_of(page.id, "ada")) == 1
