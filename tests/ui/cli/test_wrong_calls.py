"""Wrong calls of the command line: one line with what, where and what to do; the contract's exit status."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ui.cli import main as console

ROOT = Path(__file__).parents[3]
ZAVA = ROOT / "examples" / "zava" / "tickets.jsonl"
NO_SERVER = "--model m --base-url http://127.0.0.1:9/v1"

# call -> (exit status, what the last line on standard error says)
WRONG: dict[str, tuple[int, str]] = {
    # files
    "lint missing.jsonl": (2, "Error: missing.jsonl: there is no such file. Check the path."),
    "lint folder": (2, "Error: folder: this is a folder, not a file. Name one dataset file."),
    "tokens random.jsonl": (2, "Error: random.jsonl: no example can be read, so there is nothing to count. `finetune"),
    "split empty.jsonl --out parts": (2, "Error: empty.jsonl: this is an empty file, not a dataset. Check it with:"),
    "split good.jsonl --out good.jsonl": (2, "Error: good.jsonl: the folder cannot be created (File exists)."),
    "convert good.jsonl --out good.jsonl": (2, "Error: good.jsonl: the file is already there. Name a new file."),
    "convert good.jsonl --out nowhere/x.jsonl": (2, "Error: nowhere/x.jsonl: cannot be read or written (no such file"),
    "lint good.jsonl --sarif nowhere/x.sarif": (2, "Error: nowhere/x.sarif: cannot be written (no such file or dir"),
    "lint good.jsonl --response-schema folder": (2, "Error: folder: this is a folder, not a file. Name one file."),
    "lint good.jsonl --grader broken.json": (2, "Error: broken.json: this is not a JSON file (Expecting property na"),
    "decide broken.json": (2, "Error: broken.json, line 1, column 2: not JSON (Expecting property name enclosed"),
    "decide random.jsonl": (2, "Error: random.jsonl: not UTF-8 text."),
    "jobs curve random.jsonl": (2, "Error: random.jsonl: this is not a CSV file of metrics."),
    "jobs plan good.jsonl --technique rft --grader missing.json": (2, "Error: missing.json: cannot be read as JSON ("),
    "dry-run folder": (2, "Error: folder: this is a folder, not a file. Name one file."),
    "evals import random.jsonl": (2, "Error: random.jsonl:1: the line is not UTF-8 text. Save the file as UTF-8."),
    "evals import empty.jsonl": (2, "Error: empty.jsonl: the file is empty (0 bytes). Check that the export finished."),
    f"evals run folder {NO_SERVER}": (2, "Error: folder: this is a folder, not a file. Name one file."),
    f"evals run good.jsonl --grader @missing.py {NO_SERVER}": (2, "Error: missing.py: it cannot be read (no such fil"),
    f"distill folder --plan {NO_SERVER}": (2, "Error: folder: this is a folder, not a file. Name one file."),
    f"ladder folder {NO_SERVER}": (2, "Error: folder: this is a folder, not a file. Name one file."),
    "report facts.json -o facts.doc": (2, "Error: facts.doc: the page cannot be written in this form. Name a .html, "),
    "report facts.json -o nowhere/x.html": (2, "Error: nowhere: there is no such folder. Make it first."),
    # names, nearly right
    "lnit good.jsonl": (2, "Error: finetune-advisor: there is no command 'lnit'. Did you mean 'lint'? See: finetune"),
    "jobs lunch plan_1": (2, "Error: finetune-advisor jobs: there is no command 'lunch'. Did you mean 'launch'?"),
    "split good.jsonl": (2, "Error: finetune-advisor split: FILE and --out FOLDER are needed. See: finetune-advisor s"),
    "lint good.jsonl --valdation x": (2, "Error: finetune-advisor lint: no such option '--valdation'. (Did you mean"),
    "cost good.jsonl -p azur -m gpt-4.1-mini": (2, "Error: there is no provider named 'azur' in the catalogue. Did y"),
    "cost good.jsonl -p azure -m gpt-4.1-minni": (2, "Error: provider azure: 'gpt-4.1-minni' is not in the catalogue"),
    "jobs plan good.jsonl --backend opena1": (2, "Error: there is no backend 'opena1'. Did you mean 'openai'?"),
    "decide misspelt.json": (2, "Error: misspelt.json: there is no fact named 'gapz'. Did you mean 'gaps'?"),
    "lint good.jsonl --provider opnai": (2, "Error: the provider 'opnai' is not known here. Did you mean 'openai'?"),
    f"evals run good.jsonl --grader nosuch {NO_SERVER}": (2, "Error: --grader: there is no grader named 'nosuch'. Gr"),
    # ids that do not exist
    "jobs show job_nosuch": (2, "Error: there is no job 'job_nosuch'. `finetune-advisor jobs list` shows them."),
    "jobs launch plan_nosuch": (2, "Error: there is no plan 'plan_nosuch'. `finetune-advisor jobs plan FILE` proposes"),
    "evals show nosuch": (2, "Error: there is no eval named 'nosuch'. `finetune-advisor evals list` shows what there"),
    "report nosuch": (2, "Error: nosuch: there is no such case. finetune-advisor report lists them."),
    # numbers
    "cost good.jsonl -p azure -m gpt-4.1-mini -r nan": (2, "Error: requests_per_day: input should be a finite number."),
    "cost good.jsonl -p azure -m gpt-4.1-mini -r -5": (2, "Error: finetune-advisor cost: invalid value for '--reques"),
    "split good.jsonl --out p --held-out 0.9 --validation 0.5": (2, "Error: the shares leave nothing to train on."),
    "jobs plan good.jsonl --set n_epochs=-1": (2, "Error: n_epochs must be between 1 and 50, not -1."),
    "jobs plan good.jsonl --set n_epochs": (2, "Error: 'n_epochs' is not NAME=VALUE. For example: n_epochs=3."),
    f"ladder good.jsonl --budget -3 {NO_SERVER}": (2, "Error: finetune-advisor ladder: invalid value for '--budget':"),
    f"ladder good.jsonl --budget many {NO_SERVER}": (2, "Error: finetune-advisor ladder: invalid value for '--budget"),
    f"distill good.jsonl --budget nan {NO_SERVER}": (2, "Error: finetune-advisor distill: invalid value for '--budge"),
    f"distill good.jsonl --usd-in x {NO_SERVER}": (2, "Error: finetune-advisor distill: invalid value for '--usd-in'"),
    "catalogue bill job_1 three": (2, "Error: 'three' is no sum of money. Give USD, such as 12.34."),
    "serve --port 99999": (2, "Error: finetune-advisor serve: invalid value for '--port': 99999 is not in the range"),
    # what is missing, or not set up, or not allowed
    "lint": (2, "Error: finetune-advisor lint: missing argument 'FILE...'. See: finetune-advisor lint --help"),
    "jobs plan good.jsonl --backend openai": (2, "Error: OPENAI_API_KEY: the backend openai is not set up. Set OPENA"),
    "evals run good.jsonl": (2, "Error: no model to measure is set. Give --model and --base-url (or ADVISOR_MODEL an"),
    f"evals run good.jsonl --limit 2 {NO_SERVER}": (2, "Error: http://127.0.0.1:9/v1: the endpoint cannot be reached"),
    "serve --host 0.0.0.0": (1, "Refused: --host 0.0.0.0: nobody could sign in, and without sign-in anybody on the n"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "ADVISOR_MODEL", "ADVISOR_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    shutil.copyfile(ZAVA, "good.jsonl")
    Path("folder").mkdir()
    Path("empty.jsonl").touch()
    Path("random.jsonl").write_bytes(bytes(range(128, 256)) * 20)
    Path("broken.json").write_text("{oops")
    Path("facts.json").write_text(json.dumps({"gaps": ["tone_style"]}))
    Path("misspelt.json").write_text(json.dumps({"gapz": ["tone_style"]}))
    return tmp_path


def called(call: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    """Exit status, standard output and standard error of a call, in this process."""
    monkeypatch.setattr(sys, "argv", ["finetune-advisor", *call.split()])
    with pytest.raises(SystemExit) as ended:
        console.main()
    return ended.value.code, *capsys.readouterr()


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_is_told_in_one_line(
    call: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, words = WRONG[call]
    code, out, err = called(call, monkeypatch, capsys)
    last = err.splitlines()[-1]
    assert (code, last[: len(words)]) == (status, words)
    assert last.endswith((".", "?", "--help")) or "finetune-advisor" in last, "it says what to do"
    assert sum(line.startswith(("Error", "Refused")) for line in err.splitlines()) == 1
    assert "Traceback" not in err
    assert "Errno" not in err
    assert not out, "standard output is for answers"


def test_what_nobody_foresaw_is_one_line_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise TypeError("row 7: alice@example.org")

    monkeypatch.setattr("tools.tokens.count", broken)
    code, _, err = called("tokens good.jsonl", monkeypatch, capsys)
    assert code == 2
    assert "TypeError at " in err
    assert "alice" not in err, "an exception may quote a row of the data"
    assert len(err.splitlines()) == 1


def process(call: str, **how: object) -> "subprocess.Popen[str]":
    """The real console script, in a process of its own."""
    # Whoever starts the tests in the background hands down an ignored SIGINT.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heed}; from ui.cli.main import main; main()", *call.split()]
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")} | how
    return subprocess.Popen(command, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, **pipes)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("call", ["lint good.jsonl", "decide facts.json --json", "report --example"])
def test_a_reader_that_leaves_is_no_failure(folder: Path, call: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    running = process(call, stdout=writing)
    os.close(writing)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert not any(word in err for word in ("Error", "Exception", "Traceback"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
def test_a_full_disk_is_said(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        running = process("lint good.jsonl", stdout=full)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert err.splitlines() == [
        "Error: cannot be read or written (no space left on device). Check the path, its rights and the space left."
    ]


def test_without_a_standard_input_the_conversation_ends(folder: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import os, sys; os.close(0); sys.stdin = None; from ui.cli.main import main; main()",
    ]
    done = subprocess.run(
        [*command, "ask"], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}


@pytest.mark.parametrize("call", ["ask", "mcp"])
def test_ctrl_c_stops_quietly(folder: Path, call: str) -> None:
    running = process(call)
    assert running.stdin
    assert running.stdout
    if call == "mcp":
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
        running.stdin.write(json.dumps(hello) + "\n")
        running.stdin.flush()
    assert running.stdout.readline(), "it is up"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.split() == ["Stopped."]


def without_rights(call: str) -> "subprocess.CompletedProcess[str]":
    """Run it as somebody for whom file rights count, which they do not for root."""
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", *call.split()]
    if os.geteuid() == 0:
        if not (setpriv := shutil.which("setpriv")):
            pytest.skip("rights do not bind root, and there is no setpriv to give them up")
        command = [setpriv, "--bounding-set=-dac_override,-dac_read_search", *command]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def test_a_file_that_may_not_be_read(folder: Path) -> None:
    Path("good.jsonl").chmod(0)
    done = without_rights("lint good.jsonl")
    assert (done.returncode, done.stderr) == (
        2,
        "Error: finetune-advisor lint: invalid value for 'FILE...': Path 'good.jsonl' is not readable. "
        "See: finetune-advisor lint --help\n",
    )


def test_a_home_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0o500)
    monkeypatch.setenv("ADVISOR_HOME", str(locked / "home"))
    for call in ("split good.jsonl --out parts", "evals list", "jobs list"):
        done = without_rights(call)
        assert done.returncode == 2
        assert done.stderr.startswith(f"Error: {locked}/home: the folder for your data cannot be created (Permission")
        assert "ADVISOR_HOME" in done.stderr
        assert len(done.stderr.splitlines()) == 1


DAMAGED = {
    "notices.yaml": ("jobs notices", "is no YAML. Mend it, or move it aside."),
    "catalogue/figures.json": (
        "cost good.jsonl -p azure -m gpt-4.1-mini",
        "cannot be read. Remove the file to go back",
    ),
    "advisor.db": ("jobs list", "the records are damaged (file is not a database). Move the file aside (keep it)"),
    "evals.duckdb": ("evals list", "the eval store cannot be read (IO Error:"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_of_the_home_is_named(
    name: str, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).write_text("{:: broken\n\t]")
    call, words = DAMAGED[name]
    code, _, err = called(call, monkeypatch, capsys)
    assert code == 2
    assert f"{name}: " in err
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("loading", ["click", "tools.errors"])
def test_an_interrupt_while_the_program_still_loads_is_one_line(loading: str, tmp_path: Path) -> None:
    code = (
        "import builtins, sys\n"
        "from ui.start import main\n"
        "load = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        f"    if name == {loading!r}: raise KeyboardInterrupt\n"
        "    return load(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "main()\n"
    )
    env = {**os.environ, "ADVISOR_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=60)
    assert (ended.returncode, ended.stderr) == (130, "Stopped.\n")


def test_the_console_script_loads_nothing_before_it_can_answer_an_interrupt() -> None:
    code = "import sys; was = set(sys.modules); import ui.start; print(*sorted(set(sys.modules) - was))"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True).stdout
    assert set(loaded.split()) <= {"ui", "ui.start"}


TWICE = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from ui.cli import main
main._interrupted_with_patience()
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("stopping", flush=True)
    time.sleep(60)
"""


def test_ctrl_c_waits_for_what_is_being_asked_and_said_again_ends_at_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TWICE], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            assert running.stdout.readline() == "ready\n"
            running.send_signal(signal.SIGINT)
            assert running.stdout.readline() == "stopping\n"
            told = running.stderr.readline() + running.stderr.readline()
            assert "Ctrl-C again ends at once" in told
            running.send_signal(signal.SIGINT)
            assert "may be billed" in running.stderr.read()
            assert running.wait(timeout=10) == 130
        finally:
            running.kill()
