"""Run the commands of a page's console blocks, and write what they print into it.

`make tutorial`, or `.venv/bin/python docs/record.py` (fifteen minutes: it trains). Ids stand for this run's.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
TUTORIAL = HERE / "tutorial.md"
CONSOLE = re.compile(r"(```console\n)(.*?)(```)", re.S)
STANDS_FOR = {
    "plan": r"plan_[0-9a-f]+",
    "job": r"job_[0-9a-f]+",
    "digest": r"(?<=--digest )\w+",
    "model": r"ft:[\w.:-]+",
}


class Step(NamedTuple):
    """One command: as the page has it, as it ran, what the page shows and what it printed."""

    shown: str
    ran: str
    recorded: str
    printed: str
    status: int


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output below it."""
    parts = re.split(r"^\$ ", block, flags=re.M)[1:]
    return [(p.partition("\n")[0], p.partition("\n")[2]) for p in parts]


def run(page: str, folder: Path, home: Path, most: int | None = None) -> Iterator[Step]:
    """Run a page's commands in a folder, in order; the first `most` of them."""
    env = {**os.environ, "ADVISOR_HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    env["PYTHONPATH"] = str(HERE.parent)
    ids: dict[str, str] = {}
    steps = [c for block in CONSOLE.findall(page) for c in commands(block[1])]
    for shown, recorded in steps[:most]:
        ran = shown
        for kind, pattern in STANDS_FOR.items():
            if kind in ids:
                ran = re.sub(pattern, ids[kind], ran)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", ran], cwd=folder, env=env, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        yield Step(shown, ran, recorded, done.stdout, done.returncode)
        for kind in ("plan", "job"):
            if found := re.search(STANDS_FOR[kind], done.stdout):
                ids[kind] = found[0]
        ids |= _more(ids, folder, env)


def _more(ids: dict[str, str], folder: Path, env: dict[str, str]) -> dict[str, str]:
    """A plan's digest and a job's model, which outputs do not always show."""
    found = {}
    for kind, key, name in (("plan", "plan_digest", "digest"), ("job", "fine_tuned_model", "model")):
        if kind in ids and name not in ids:
            asked = ["finetune-advisor", "jobs", "show", ids[kind], "--json"]
            done = subprocess.run(asked, cwd=folder, env=env, text=True, check=False, stdout=subprocess.PIPE)
            if done.returncode == 0 and (value := json.loads(done.stdout).get(key)):
                found[name] = str(value)
    return found


def main() -> None:
    """Record the tutorial."""
    page = TUTORIAL.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch) / "work", Path(scratch) / "home"
        folder.mkdir()
        (folder / "examples").symlink_to(HERE.parent / "examples")
        steps = []
        try:
            for step in run(page, folder, home):
                print(f"$ {step.ran}\n{step.printed}", flush=True)  # noqa: T201
                if step.status not in (0, 1):
                    sys.exit(f"stopped: exit status {step.status}")
                steps.append(step)
        finally:
            os.environ["ADVISOR_HOME"] = str(home)
            sys.path.insert(0, str(HERE.parent))
            from tools.engine import control

            control.stop()
    rest = iter(steps)

    def block(match: re.Match[str]) -> str:
        said = [next(rest) for _ in commands(match[2])]
        return match[1] + "".join(f"$ {s.ran}\n{s.printed}" for s in said) + match[3]

    TUTORIAL.write_text(CONSOLE.sub(block, page), encoding="utf-8")


if __name__ == "__main__":
    main()
