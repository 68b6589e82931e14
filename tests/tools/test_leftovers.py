"""What a killed process left is swept by who comes next; what is in use never is."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tools import leftovers, pictures

ROOT = Path(__file__).parents[2]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c63000100000500010d0a2db4"
)
AT_WORK = """
import sys, time
from pathlib import Path
from tools import pictures
with pictures.embedded(Path(sys.argv[1])) as whole:
    print(whole.parent.name, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(PNG)
    part = {"type": "image_url", "image_url": {"url": "a.png"}}
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"messages": [{"role": "user", "content": [part]}]}) + "\n")
    return file


def left(home: Path) -> set[str]:
    return {p.name for p in (home / "datasets").iterdir()}


def test_a_killed_process_leaves_a_folder_that_the_next_one_sweeps(home: Path, rows: Path) -> None:
    env = {**os.environ, "ADVISOR_HOME": str(home), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", AT_WORK, str(rows)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env) as other:
        assert other.stdout is not None
        try:
            name = other.stdout.readline().strip()
            with pictures.embedded(rows) as whole:
                assert left(home) == {name, whole.parent.name}, "two at work do not touch each other's"
            assert left(home) == {name}
        finally:
            other.kill()
    with pictures.embedded(rows) as whole:
        assert left(home) == {whole.parent.name}
    assert left(home) == set()


def test_only_what_nobody_works_on_is_swept(tmp_path: Path) -> None:
    mine = leftovers.prefix("images")
    elsewhere = ".images-another%20host%201%201.00-x"
    kept = [f"{mine}a", f"{mine}b", ".images-new", ".copy-old", elsewhere, "images-no", "rows.jsonl"]
    for name in (*kept, ".images-old"):
        (tmp_path / name).mkdir()
    long_ago = time.time() - leftovers.NAMELESS_AGE_S - 60
    for name in (".images-old", ".copy-old", elsewhere, f"{mine}a"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    assert leftovers.sweep(tmp_path, "images") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)


def test_a_link_is_unlinked_and_what_it_points_to_stays(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.mkdir()
    (tmp_path / "in").mkdir()
    ended = quote(f"{platform.node()} 999999999 1.00", safe="")
    (tmp_path / "in" / f".images-{ended}-x").symlink_to(target)
    assert leftovers.sweep(tmp_path / "in", "images") == 1
    assert target.is_dir()
