"""A grader that is code tries to get out: the ordinary way, and past the audit hook, where only the kernel stands."""

import time
from pathlib import Path

import pytest

from tools.engine import sandbox, sandbox_filter
from tools.engine.sandbox import PythonSandbox
from tools.engine.wire import WireError


def run(body: str) -> float:
    made = PythonSandbox("def grade(sample, item):\n" + "\n".join("    " + line for line in body.splitlines()))
    try:
        return made.grade({}, {})
    finally:
        made.close()


@pytest.mark.parametrize(
    "body",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9)); return 1",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9'); return 1",
        "import os; os.fork(); return 1",
        "import os; os.execv('/bin/true', ['true']); return 1",
        "import os; os.posix_spawn('/bin/true', ['true'], {}); return 1",
        "import posix; posix.system('true'); return 1",
        "import multiprocessing; return 1",
        "import ctypes; ctypes.CDLL(None).system(b'true'); return 1",
        "return len(open('/etc/passwd').read())",
        "import os; return len(os.read(os.open('/etc/passwd', 0), 9))",
        "import os; return len(os.listdir('/'))",
        "import os; return len(open(os.__file__ + '/../../../../../../etc/passwd').read())",
        "class P(str):\n    def startswith(self, *a): return True\nreturn len(open(P('/etc/passwd')).read())",
        "import os; os.kill(os.getppid(), 9); return 1",
        "import __main__, builtins\n__main__.HARMLESS = ('open',)\nbuiltins.type = lambda x: str\nopen('/etc/passwd')",
        "import gc; return len(gc.get_objects())",
    ],
)
def test_what_the_hook_refuses_by_name(body: str) -> None:
    with pytest.raises(WireError, match="may not use"):
        run(body)


def test_nothing_of_a_person_can_be_written_or_removed(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("mine")
    for body in (
        f"open({str(kept)!r}, 'w')",
        f"import os; os.open({str(kept)!r}, os.O_WRONLY | os.O_TRUNC)",
        f"import os; os.remove({str(kept)!r})",
        f"import os; os.rename({str(kept)!r}, {str(kept)!r} + '2')",
        f"import os; os.truncate({str(kept)!r}, 0)",
        f"import pathlib; pathlib.Path({str(kept)!r}).unlink()",
        f"import shutil; shutil.rmtree({str(tmp_path)!r})",
        f"import os; os.mkdir({str(tmp_path / 'new')!r})",
    ):
        with pytest.raises(WireError, match="may not use"):
            run(body + "\nreturn 1")
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
    assert kept.read_text() == "mine"


@pytest.mark.skipif(sandbox_filter.program() is None, reason="no kernel filter on this machine")
@pytest.mark.parametrize(
    "call",
    [
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.open(target, os.O_WRONLY | os.O_TRUNC)",
        "os.remove(target)",
        "os.mkdir(target + '.d')",
        "os.mkfifo(target + '.p')",
        "os.kill(os.getppid(), 0)",
        "_socket.socket()",
        "threading.Thread(target=print).start()",
    ],
)
def test_the_kernel_refuses_where_the_hook_does_not_stand(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a way around the audit hook had been found: the same boot without the hook."""
    target = tmp_path / "kept.txt"
    target.write_text("mine")
    boot = tmp_path / "boot.py"
    boot.write_text(sandbox.BOOT.read_text().replace("sys.addaudithook(guard())", "pass"))
    monkeypatch.setattr(sandbox, "BOOT", boot)
    with pytest.raises(WireError, match=r"PermissionError.*not permitted|start new thread"):
        run(f"import os, _socket, threading\ntarget = {str(target)!r}\n{call}\nreturn 1")
    assert target.read_text() == "mine"


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import re; return bool(re.match(r'(a+)+$', 'a' * 64 + 'b'))",
        "try:\n    while True: pass\nexcept BaseException:\n    while True: pass",
        "import os; os._exit(0)",
    ],
)
def test_a_grader_that_never_ends_or_dies_costs_its_time_and_no_more(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "TIME_S", 1.5)
    began = time.monotonic()
    with pytest.raises(WireError, match="more than 2 s or ended"):
        run(body)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("body", ["return [0] * 10**9 and 1", "x = 'a'\nwhile True: x += x"])
def test_memory_is_bounded(body: str) -> None:
    with pytest.raises(WireError, match="MemoryError"):
        run(body)


def test_what_graders_are_written_with_still_works() -> None:
    body = "import csv, unicodedata, textwrap, json, heapq, dataclasses, enum\nreturn json.loads('[0.5]')[0]"
    assert run(body) == 0.5
