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
        ("paper.pdf", b"%PDF-1.4\n1 0 obj", "Export the data as JSON Lines"),
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


def test_a_kind_that_nobody_reads_is_refused_in_the_readers_words(
    server: Server, window: Callable[..., Chat], tmp_path: Path
) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3")
    chat = window(server, locale="de-DE").open()
    chat.page.set_input_files("#upload-button-input", str(path))
    toast = chat.page.locator("[data-sonner-toast]", has_text="Diese Art von Datei")
    toast.first.wait_for()
    assert "File type" not in chat.text()


def test_columns_of_a_wide_table_are_chosen_from_lists(chat: Chat, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    lines = [f'{i},"Message {i} about {LABELS[i % 3]}",en,{LABELS[i % 3]}' for i in range(60)]
    path.write_text("\n".join(["id,text,lang,team", *lines]) + "\n")
    chat.drop(path)
    form = chat.card("findings").locator(".fa-entries")
    form.locator("select").nth(0).select_option("text")
    form.get_by_role("button").click()
    chat.page.get_by_text("Choose two different columns").wait_for()
    form.locator("select").nth(1).select_option("team")
    form.get_by_role("button").click()
    assert "60 examples written" in chat.card("convert").inner_text()


SLOW_TO_CONNECT = """
const Real = window.WebSocket;
window.WebSocket = new Proxy(Real, {construct(made, args) {
  if (performance.now() < 3000) args[0] = String(args[0]).replace("/ws/", "/not-yet/");
  return new made(...args);
}});
"""


def test_a_file_dropped_before_the_page_is_connected_is_not_lost(
    server: Server, window: Callable[..., Chat], tmp_path: Path
) -> None:
    path = tmp_path / "early.jsonl"
    path.write_text("\n".join(rows(30)) + "\n")
    chat = window(server)
    chat.context.add_init_script(SLOW_TO_CONNECT)
    chat.page.goto(server.url)
    chat.page.locator("#upload-button-input").wait_for(state="attached")
    chat.page.wait_for_timeout(500)
    chat.drop(path)
    assert "30 examples" in chat.card("findings").inner_text()


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
