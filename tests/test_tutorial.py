"""The tutorial: what it shows is what the commands print; the whole of it, training included, among the slow tests."""

import re
from pathlib import Path

import pytest

from docs import record

PAGE = record.TUTORIAL.read_text(encoding="utf-8")
BEFORE_A_MODEL = 5
"""The commands that need no model: the table is looked at, converted, checked and divided."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "examples").symlink_to(record.HERE.parent / "examples")
    return tmp_path


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d s", "T s", text)


def test_what_needs_no_model_prints_what_the_tutorial_shows(folder: Path, home: Path) -> None:
    steps = list(record.run(PAGE, folder, home, BEFORE_A_MODEL))
    assert [s.shown.split()[1] for s in steps] == [
        "examples/banking77/questions.csv",
        "lint",
        "convert",
        "lint",
        "split",
    ]
    for step in steps:
        assert without_times(step.printed) == without_times(step.recorded), f"{step.ran}: run `make tutorial`"


def test_every_command_of_the_tutorial_was_recorded() -> None:
    silent = [c for b in record.CONSOLE.findall(PAGE) for c, printed in record.commands(b[1]) if not printed.strip()]
    assert [c.split()[0] for c in silent] == ["cp", "cat"]


@pytest.mark.slow
def test_the_whole_tutorial_goes_as_it_says(folder: Path, home: Path) -> None:
    from tools.engine import control

    try:
        steps = list(record.run(PAGE, folder, home))
    finally:
        control.stop(if_idle=False)
    assert [s.ran for s in steps if s.status != 0] == []
    by_command = {" ".join(s.ran.split()[1:3]): s.printed for s in steps}
    scores = dict(re.findall(r"^(linear|retrieval|tuned) +(\d\.\d+)", steps_of(steps, "grep -E"), re.M))
    assert float(scores["tuned"]) > 0.5
    assert "mproved" in steps_of(steps, "evals compare bank/few_shot")
    assert by_command["decide facts.json"].strip()
    assert (folder / "page.html").stat().st_size > 10_000


def steps_of(steps: list[record.Step], words: str) -> str:
    return "\n".join(s.printed for s in steps if words in s.ran)
