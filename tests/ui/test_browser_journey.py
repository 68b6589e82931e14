"""The whole way in the browser: from the first question to base against tuned, on the real engine."""

import re
from collections.abc import Callable

import pytest
from browser_driver import Chat, Server, jobs_of
from conftest import TICKETS

pytestmark = pytest.mark.browser


def test_from_the_first_question_to_base_against_tuned(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    server = own_server()
    chat = window(server).open()
    assert "Should you fine-tune?" in chat.text()

    chat.say("Should I fine-tune?")
    chat.card("question")
    chat.say("we route customer messages to the right team and it gets many wrong. about 200 a day")
    understood = chat.card("question", nth=2)
    assert "I understood" in understood.inner_text()
    assert "requests a day 200" in understood.inner_text()
    chat.click("question", "Why do you ask?", nth=2)
    chat.page.get_by_text("Why I ask:").first.wait_for()
    chat.click("question", "I don't know", nth=3)
    before = chat.count("question")
    first = chat.card("recommendation")
    assert re.search(r"confidence: (high|medium|low)", first.inner_text())
    assert before >= 3

    chat.drop(TICKETS)
    findings = chat.card("findings")
    assert f"{len(TICKETS.read_text().splitlines())} examples" in findings.inner_text()
    assert findings.locator("svg[role=img]").get_attribute("aria-label")
    chat.click("findings", "What would training cost?")
    cost = chat.card("cost")
    assert "$" in cost.inner_text()

    chat.click("findings", "Keep rows aside for the test")
    split = chat.card("split")
    assert "held-out" in split.inner_text()
    chat.click("split", "Say which score is good enough")
    chat.page.get_by_text("Which score would be good enough?").last.wait_for()
    chat.say("0.9")
    chat.page.locator(".fa-chip", has_text="score wanted").wait_for()

    chat.click("split", "Measure the base model first")
    score = chat.card("score", seconds=120)
    assert re.search(r"n = \d+ held-out rows", score.inner_text())
    assert "95 % interval" in score.inner_text()
    assert "Your target is 0.9" in score.inner_text()

    chat.click("score", "Plan a training job")
    plan = chat.card("plan")
    assert "sha256" in plan.inner_text()
    assert "$0.00" in plan.inner_text()
    approve = chat.button("plan", "Approve and train on this computer ($0.00)")
    approve.dblclick()
    job = chat.card("job")
    job.locator("progress").wait_for()
    chat.page.locator(".fa-card-job svg[role=img]").wait_for(timeout=120_000)

    comparison = chat.card("comparison", seconds=240)
    text = comparison.inner_text()
    assert re.search(r"on the same \d+ held-out rows", text)
    assert "95 % interval" in text
    assert re.search(r"[+-]\d+\.\d points", text)
    assert "Your target is 0.9" in text
    assert "What now, from this evidence" in chat.card("what-now").inner_text()
    chat.page.locator(".fa-card-recommendation .fa-chip", has_text="a tuned model exists").wait_for()
    guardrail = chat.card("guardrail", seconds=240).inner_text()
    assert re.search(r"Guardrail general abilities: .* Of \d+ probes", guardrail), "measured by itself"

    assert len(jobs_of(server.home)) == 1
    assert len(list((server.home / "engine" / "jobs").iterdir())) == 1
    assert chat.count("job") == 1
