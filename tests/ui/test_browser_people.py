"""Three people, each their whole way in two languages, on the real server: newcomer, practitioner, who decides."""

import re
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from browser_driver import PATIENCE, Chat, Server, jobs_of
from conftest import TICKETS
from playwright.sync_api import Page

from agent.ask import question_for
from agent.said import said
from agent.say import translated
from knowledge.decision_words import sentences
from knowledge.rehearsal_words import rehearsal
from knowledge.report_words import report_words, steps_done
from knowledge.tour import tour
from ui.chat.words import words

pytestmark = pytest.mark.browser
LANGUAGES = ("en", "de")
TASK = {
    "en": "our support bot answers in a different tone every time, we have like 3k old tickets",
    "de": "unser Support-Bot antwortet jedes Mal in einem anderen Ton, wir haben etwa 3000 alte Tickets",
}
MORE = {"en": "there are only 40 tickets, 200 requests a day", "de": "es sind nur 40 Tickets, 200 Anfragen am Tag"}
ENGLISH = re.compile(r"\b(?:the|of|are|with|for|and|its|which|this)\b")
NOT_OURS = re.compile(r"\[[^\]]*\]|https?://\S+|[“„][^“”]*[“”]|finetune-advisor [^\n]*")
"""Titles of sources, addresses, rows of the data, commands."""

OPEN_AND_HIDE_DATA = """card => {
  card.querySelectorAll('details').forEach(d => { d.open = true })
  card.querySelectorAll('.fa-marked, .fa-code, code').forEach(e => { e.style.display = 'none' })
}"""


def english_left(text: str) -> list[str]:
    """Lines in which English words stand, by a page or card in another language."""
    return [line for line in NOT_OURS.sub("", text).splitlines() if len(ENGLISH.findall(line)) > 1]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def chat(server: Server, window: Callable[..., Chat], language: str) -> Chat:
    return window(server, locale=language, reduced_motion="reduce").open()


def press(chat: Chat, card: str, label: str, *, nth: int = 1) -> None:
    """Reach a button with the keyboard alone, from the composer up, and press it."""
    wanted = chat.button(card, label, nth=nth, seconds=120)
    chat.page.locator("#chat-input").focus()
    for _ in range(150):
        chat.page.keyboard.press("Shift+Tab")
        if wanted.evaluate("b => b === document.activeElement"):
            chat.page.keyboard.press("Enter")
            return
    raise AssertionError(f"no way to {label!r} by keyboard")


def test_a_newcomer_gets_an_answer_learns_the_words_and_sees_the_whole_way(chat: Chat, language: str) -> None:
    w, t, r = words(language), tour(language), rehearsal(language)
    promise = w("start.promise").splitlines()[0].removeprefix("### ")
    assert promise in chat.text()

    began = time.monotonic()
    chat.page.get_by_role("button", name=w("start.should_i"), exact=True).click()
    chat.card("question")
    chat.say(TASK[language])
    effort = translated(question_for("prompt_effort"), language)
    assert w("question.nth", n=2, most=9) in chat.card("question", nth=2).inner_text()
    chat.click("question", w("question.why"), nth=2)
    chat.page.get_by_text(effort.why).first.wait_for()
    chat.click("question", effort.options[1].label, nth=2)
    verdict = chat.card("recommendation")
    assert time.monotonic() - began < 60 * PATIENCE
    assert chat.count("question") <= 3

    term = verdict.locator(".fa-term").first
    term.focus()
    meaning = chat.page.locator(f"#{term.get_attribute('aria-describedby')}")
    meaning.wait_for()
    assert len(meaning.inner_text()) > 20

    chat.command("teach")
    for step in range(len(t.steps)):
        assert t.steps[step].question in chat.card("tour", nth=step + 1).inner_text()
        chat.click("tour", t.next, nth=step + 1)
    picture = chat.card("tour", nth=len(t.steps) + 1).locator("a[href$='.png']").get_attribute("href")
    answer = chat.context.request.get(f"{chat.url}{picture}")
    assert answer.headers["content-type"] == "image/png"

    chat.say(w("start.whole_way_says"))
    staged = chat.card("rehearsal")
    assert r.nothing in staged.inner_text()
    chat.click("rehearsal", r.steps["compared"])
    assert r.nothing in chat.card("rehearsal-compared").inner_text(), "each card says that it is a recording"
    chat.click("rehearsal", r.live)
    chat.card("findings")
    if language != "en":
        # Names of other conversations stand at the side, in the language they were held in.
        aside = " ".join(chat.page.locator("[data-sidebar=sidebar]").all_inner_texts())
        assert [line for line in english_left(chat.text()) if line not in aside] == []


def with_repeats(path: Path, rows: int) -> Path:
    """So many rows of the example, four of them twice: something to mend."""
    lines = TICKETS.read_text().splitlines()[:rows]
    path.write_text("\n".join([*lines, *lines[:4]]) + "\n")
    return path


@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["en", pytest.param("de", marks=pytest.mark.slow)])  # it trains for real
def test_a_practitioner_goes_from_a_file_to_base_against_tuned_by_keyboard_and_commands(
    chat: Chat, server: Server, language: str, tmp_path: Path
) -> None:
    w = words(language)
    known = {job.id for job in jobs_of(server.home)}
    by_keyboard = language == "en"  # the other one types commands: both ways lead through

    def go(command: str, card: str, label: str, *, nth: int = 1) -> None:
        if by_keyboard:
            press(chat, card, label, nth=nth)
        else:
            chat.command(command)

    rows = 160 - LANGUAGES.index(language)  # the same file and plan would be the same job
    chat.drop(with_repeats(tmp_path / "tickets.jsonl", rows))
    findings = chat.card("findings")
    assert findings.locator("svg[role=img]").first.get_attribute("aria-label")
    mend = w("findings.offers.drop-duplicates")
    press(chat, "findings", mend[0].upper() + mend[1:])
    assert str(rows) in chat.card("fix").inner_text()
    mended = chat.card("findings", nth=2)
    assert str(rows) in mended.inner_text()

    go("split", "findings", w("do.set_aside"), nth=2)
    assert w("split.parts.held_out") in chat.card("split").inner_text()
    goal = chat.card("metric").get_by_label(w("metric.at_least"))
    goal.fill("many")
    press(chat, "metric", w("metric.change"))
    alert = chat.card("metric").get_by_role("alert")
    alert.wait_for()
    assert said("Give one number from 0 to 1, such as 0.9.", language) in alert.inner_text()
    goal.fill("0.9")
    press(chat, "metric", w("metric.change"))
    assert w("metric.version", version=1) in chat.card("metric-accepted").inner_text()

    go("cost", "findings", w("do.price"), nth=2)
    cost = chat.card("cost")
    assert "$" in cost.inner_text()

    press(chat, "metric-accepted", w("do.measure_base"))
    score = chat.card("score", seconds=120)
    assert re.search(r"n = \d+", score.inner_text())
    assert re.search(r"0[.,]9", score.inner_text()), "the goal stands beside the score"

    go("plan", "score", w("do.plan"))
    plan = chat.card("plan", seconds=120)
    assert "sha256" in plan.inner_text()
    plan.get_by_text(w("batch.summary")).click()
    mark = plan.locator("mark").first
    mark.wait_for()
    assert w("batch.intro") in plan.inner_text()
    assert mark.get_attribute("aria-label").startswith(f"{w('batch.trained')}: ")
    approve = w("plan.approve_here", sum=w.money(Decimal(0)))
    assert not chat.button("plan", approve).evaluate("b => b === document.activeElement"), "never the one in focus"
    press(chat, "plan", approve)
    chat.page.keyboard.press("Enter")  # twice: there is one job all the same
    job = chat.card("job")
    chat.page.locator(".fa-card-job svg[role=img]").wait_for(timeout=120_000 * PATIENCE)
    comparison = chat.card("comparison", seconds=240)
    assert re.search(r"[+-]\d+[.,]\d", comparison.inner_text())
    assert w("what_now.title") in chat.card("what-now").inner_text()
    assert chat.count("job") == 1
    assert len({j.id for j in jobs_of(server.home)} - known) == 1

    chat.command("report")
    page = opened(chat)
    asked = page.locator("main").inner_text()
    assert report_words(language)["ways"]["tuned_here"] in asked
    done = [sentences(language).get(step, step) for steps in steps_done().values() for step in steps]
    assert not [step for step in done if step in asked], "what is measured is not asked for again"
    if language != "en":
        for card in (findings, mended, cost, score, plan, job):
            card.evaluate(OPEN_AND_HIDE_DATA)
            assert english_left(card.inner_text()) == []
        assert english_left(page.inner_text("body")) == []


def opened(chat: Chat, nth: int = 1) -> Page:
    """The page for a decision in a tab of its own."""
    link = chat.card("page", nth=nth).locator("a[href^='/page/']").first
    page = chat.context.new_page()
    page.goto(f"{chat.url}{link.get_attribute('href')}")
    return page


def decide(page: Page, language: str, choice: str, name: str, comment: str) -> str:
    """Fill in the form, press one of its buttons; what then stands above the page."""
    b = report_words(language)["bar"]
    page.get_by_label(b["name"]).fill(name)
    page.get_by_label(b["comment"]).fill(comment)
    page.get_by_role("button", name=b[choice], exact=True).click()
    page.wait_for_load_state()
    return page.locator("aside").inner_text()


def test_who_decides_reads_shares_decides_and_a_later_change_supersedes_it(
    chat: Chat, server: Server, window: Callable[..., Chat], language: str
) -> None:
    w, b = words(language), report_words(language)["bar"]
    chat.say(TASK[language])
    chat.click("question", translated(question_for("prompt_effort"), language).options[1].label)
    chat.click("recommendation", w("do.page"))
    page = opened(chat)
    assert b["status"]["open"] in page.locator("aside").inner_text()
    if language != "en":
        assert english_left(page.inner_text("body")) == []
    address = page.url

    made = chat.context.request.get(f"{address}/page.pdf")
    assert made.body().startswith(b"%PDF")
    page.get_by_role("button", name=b["share"]).click()
    shared = str(page.locator("a[href*='/shared/']").first.get_attribute("href"))
    stranger = window(server, locale=language).page
    stranger.goto(shared)
    assert b["read_only"] in stranger.inner_text("body")
    assert stranger.locator("form").count() == 0
    assert TASK[language] not in stranger.inner_text("body"), "nobody's own words"

    standing = decide(page, language, "change", "Ada", "which rows?")
    assert f"{b['status']['changes_asked']}: Ada" in standing
    assert "which rows?" in standing
    assert f"{b['status']['rejected']}: Grace" in decide(page, language, "reject", "Grace", "")
    assert f"{b['status']['approved']}: Grace" in decide(page, language, "approve", "Grace", "go")

    chat.say(MORE[language])
    chat.page.locator(".fa-chip", has_text="200").wait_for()
    chat.command("report")
    newer = opened(chat, nth=2)
    assert b["status"]["open"] in newer.locator("aside").inner_text()
    page.goto(address)
    assert b["status"]["superseded"] in page.locator("aside").inner_text()
    assert page.get_by_role("button", name=b["approve"], exact=True).count() == 0
