"""A model that does not answer, an error that must not speak, and two people on one server."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser_driver import ROOT, Chat, Server, living_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SAID = "our support bot answers in a different tone every time, we have like 3k old tickets"


class _Endpoint(BaseHTTPRequestHandler):
    """Speaks HTTP as a model endpoint does: refuses the key, or never answers."""

    hangs = threading.Event()
    reached = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/hangs"):
            self.reached.set()
            self.hangs.wait(60)
            return
        body = b'{"error": {"message": "Incorrect API key provided: sk-canary", "code": "invalid_api_key"}}'
        self.send_response(401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    server.daemon_threads = True
    _Endpoint.hangs.clear()
    _Endpoint.reached.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    _Endpoint.hangs.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


def asked(chat: Chat, nth: int = 1) -> str:
    chat.say(SAID)
    return chat.card("question", nth=nth).inner_text()


def test_an_endpoint_that_is_down_costs_a_line_and_the_guided_answer_stands(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    server = own_server(ADVISOR_MODEL="m", ADVISOR_BASE_URL="http://127.0.0.1:9/v1", ADVISOR_API_KEY="sk-canary")
    chat = window(server).open()
    chat.say("Should I fine-tune?")
    assert "What is wrong with today's answers?" in chat.card("question").inner_text()
    said = chat.card("model").inner_text()
    assert said.startswith("The language model did not answer (")
    assert "\n" not in said.strip(), "one line"
    assert "What have you tried with the prompt?" in asked(chat, nth=2)
    assert "sk-canary" not in chat.text()
    assert "Traceback" not in chat.text()
    chat.click("question", "A plain instruction", nth=2)
    chat.card("recommendation")


def test_a_wrong_key_is_said_without_saying_the_key(
    own_server: Callable[..., Server], window: Callable[..., Chat], endpoint: str
) -> None:
    server = own_server(ADVISOR_MODEL="m", ADVISOR_BASE_URL=f"{endpoint}/v1", ADVISOR_API_KEY="sk-canary")
    chat = window(server).open()
    chat.say("Should I fine-tune?")
    assert "key" in chat.card("model").inner_text().lower()
    assert "sk-canary" not in chat.text()
    assert "sk-canary" not in server.log.read_text()


def test_stop_ends_an_answer_and_the_talk_goes_on(
    own_server: Callable[..., Server], window: Callable[..., Chat], endpoint: str
) -> None:
    server = own_server(ADVISOR_MODEL="m", ADVISOR_BASE_URL=f"{endpoint}/hangs", ADVISOR_DEADLINE_S="30")
    chat = window(server).open()
    chat.say("Should I fine-tune?")
    while not _Endpoint.reached.is_set():
        chat.page.wait_for_timeout(100)
    chat.page.locator("#stop-button").click()
    assert "Stopped." in chat.card("stopped").inner_text()
    assert "Task manually stopped" not in chat.text()
    _Endpoint.hangs.set()
    asked(chat)
    chat.page.locator(".fa-chip", has_text="tone and style").wait_for()


def test_an_error_of_ours_has_a_number_and_says_nothing_else(
    own_server: Callable[..., Server], window: Callable[..., Chat]
) -> None:
    server = own_server()
    chat = window(server).open()
    asked(chat)
    path = chat.thread_path
    chat.page.wait_for_timeout(1000)
    chat.page.close()
    assert server.stop() == 0
    with living_in(server.home):
        from tools.records.cases import save_case

        save_case(path.rsplit("/", 1)[1], "local", "broken", {"case": {"turn": "canary /secret/path"}, "cards": {}})
    server.restart()
    again = window(server)
    again.open(path)
    again.say("hello")
    said = again.card("problem").inner_text()
    assert "Something went wrong on our side (error" in said
    assert "canary" not in again.text()
    assert "canary" not in server.log.read_text()


@pytest.fixture
def shared(own_server: Callable[..., Server], tmp_path: Path) -> Server:
    home = tmp_path / "home0"
    home.mkdir()
    with living_in(home):
        from ui.web.users import add_user

        for name in ("ada", "bob"):
            add_user(name, f"{name} has a password")
    return own_server("--host", "0.0.0.0", "--name", "localhost")  # reached through loopback only, here


def sign_in(chat: Chat, name: str, password: str) -> None:
    chat.page.goto(chat.url)
    chat.page.fill("#email", name)
    chat.page.fill("#password", password)
    chat.page.keyboard.press("Enter")


def test_an_address_of_a_conversation_survives_signing_in_on_another_device(
    shared: Server, window: Callable[..., Chat]
) -> None:
    desk = window(shared)
    sign_in(desk, "ada", "ada has a password")
    desk.page.wait_for_selector("#chat-input")
    desk.page.wait_for_load_state("networkidle")
    asked(desk)
    desk.command("link")
    address = desk.card("link").locator("pre").inner_text()
    assert address == desk.url + desk.thread_path
    phone = window(shared, viewport={"width": 390, "height": 844})
    phone.page.goto(address)
    phone.page.fill("#email", "ada")
    phone.page.fill("#password", "ada has a password")
    phone.page.keyboard.press("Enter")
    assert "3,000" in phone.card("question").inner_text()
    assert phone.page.url == address


def test_two_people_sign_in_and_see_their_own_only(shared: Server, window: Callable[..., Chat]) -> None:
    stranger = window(shared)
    sign_in(stranger, "ada", "a wrong password")
    stranger.page.get_by_role("alert").first.wait_for()
    assert stranger.page.locator("#chat-input").count() == 0

    ada, bob = window(shared), window(shared)
    sign_in(ada, "ada", "ada has a password")
    ada.page.wait_for_selector("#chat-input")
    ada.page.wait_for_load_state("networkidle")
    asked(ada)
    path = ada.thread_path

    sign_in(bob, "bob", "bob has a password")
    bob.page.wait_for_selector("#chat-input")
    bob.page.goto(bob.url + path)
    bob.page.wait_for_timeout(2000)
    assert "3k old tickets" not in bob.text()
    assert bob.count("question") == 0
    thread = path.rsplit("/", 1)[1]
    for address in (f"/project/thread/{thread}", f"/stored/{thread}"):
        assert bob.context.request.get(bob.url + address).status in (401, 403, 404), address
    assert window(shared).context.request.get(f"{shared.url}/stored/{thread}").status == 401
    listed = bob.context.request.post(
        f"{bob.url}/project/threads", data={"pagination": {"first": 20}, "filter": {}}, headers={"origin": bob.url}
    )
    assert listed.json()["data"] == []


def test_nobody_listens_beyond_this_computer_without_people(tmp_path: Path) -> None:
    code = "from ui.cli.main import main; main()"
    env = {"ADVISOR_HOME": str(tmp_path / "h"), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    argv = [sys.executable, "-c", code, "serve", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=60, check=False)
    assert done.returncode == 1
    assert "users add" in done.stderr
