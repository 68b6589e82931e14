"""What goes wrong on the way in: each gets one clear line, and the conversation goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_driver import Chat, Server
from conftest import TICKETS

pytestmark = pytest.mark.browser
LABELS = ("billing", "delivery", "returns")


def rows(n: int) -> list[str]:
    return [
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"Message {i} about {LABELS[i % 3]} number {i * 37}"},
                    {"role": "assistant", "content": LABELS[i % 3]},
                ]
            }
        )
        for i in range(n)
    ]


@pytest.fixture
def chat(server: Server, window: Callable[..., Chat]) -> Chat:
    return window(server).open()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("picture.jsonl", b"\x89PNG\r\n\x1a\n" + b"\x00" * 200, "would stop a job"),
        ("broken.jsonl", "\n".join([*rows(16), "{broken", *rows(5)]).encode(), "line 17"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_one_line(
    chat: Chat, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    chat.drop(path)
    findings = chat.card("findings").inner_text()
    assert said in findings
    assert "Traceback" not in chat.text()
    chat.say("Should I fine-tune?")
    chat.card("question")


def test_an_empty_file_is_said(chat: Chat, tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"")
    chat.drop(path)
    chat.page.locator(".fa-card-findings, .fa-card-problem").first.wait_for()
    assert "empty" in chat.page.locator(".fa-card-findings, .fa-card-problem").first.inner_text().lower()


def test_a_table_becomes_examples_by_naming_its_columns(chat: Chat, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    lines = [f'"Message {i} about {LABELS[i % 3]} number {i * 37}",{LABELS[i % 3]}' for i in range(40)]
    path.write_text("\n".join(["text,team", *lines]) + "\n")
    chat.drop(path)
    chat.click("findings", "“text” is the question, “team” the answer")
    assert "40 examples written" in chat.card("convert").inner_text()
    assert "40 examples" in chat.card("findings", nth=2).inner_text()


def test_an_uploaded_page_never_runs_and_a_row_fetches_nothing(chat: Chat, tmp_path: Path) -> None:
    path = tmp_path / "page.jsonl"
    link = "![x](http://evil.example/p.png) <img src=http://evil.example/q.png onerror=document.title='ran'>"
    script = "<html><script>document.title='ran'</script></html>"
    row = {"messages": [{"role": "user", "content": link}, {"role": "assistant", "content": link}]}
    path.write_text("\n".join([script, json.dumps(row), "{broken " + link]) + "\n")
    chat.drop(path)
    chat.card("findings")
    chat.say(f"what about {link}")
    chat.page.wait_for_timeout(1500)
    assert chat.page.title() != "ran"
    for anchor in chat.page.locator("a[href*='/stored/'], a[href*='/project/file/']").all():
        answer = chat.context.request.get(chat.url + str(anchor.get_attribute("href")).removeprefix(chat.url))
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_example_is_one_click_away(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Show me the whole way (example data)").click()
    assert "Nothing runs now" in chat.card("rehearsal").inner_text()
    chat.click("rehearsal", "Run it live here")
    assert f"{len(TICKETS.read_text().splitlines())} examples" in chat.card("findings").inner_text()
