"""Every command that a page shows: its options exist, and what needs neither a job nor an endpoint is run as shown."""

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ui.cli.main import LazyGroup, cli

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
RUN = {
    "lint", "split", "tokens", "convert", "cost", "catalogue", "decide", "report", "scoreboard",
    "evals import", "evals list", "evals compare", "evals gate", "evals metric", "jobs list", "jobs curve",
}  # fmt: skip
"""What runs here as shown; the rest asks an endpoint, needs a job's id, trains, or goes on until it is stopped."""
ELSEWHERE = re.compile(r"_3f9a|HOST|MODEL\b|URL\b|PLAN\b|JOB\b|CASE|DIR\b|api\.openai\.com|refresh|--local|DIGEST")


def shown() -> list[tuple[str, str]]:
    """(page, command line) of every command in a block of code; joined lines, comments and prompts taken off."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```[a-z]*\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                text = re.sub(r"\s#\s.*$", "", line.strip().removeprefix("$ "))
                parts = re.split(r"\s(?:&&|\|)\s", text)
                found += [(page.name, part.strip()) for part in parts if part.startswith("finetune-advisor ")]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(("page", "line"), shown())
def test_options_that_pages_show_exist(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    name = "finetune-advisor"
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"{page}: {line}"
        command = found
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "-h", "--version"}
    for word in words:
        if re.match(r"--?[a-z]", word):
            assert word.split("=")[0] in known, f"{page}: {line}: {word}"


@pytest.fixture
def folder(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the pages speak of, from the example set."""
    monkeypatch.chdir(tmp_path)
    rows = [json.loads(x) for x in (ROOT / "examples" / "zava" / "tickets.jsonl").read_text().splitlines()]
    shutil.copytree(ROOT / "examples" / "zava", tmp_path / "examples" / "zava")
    parts = {
        "tickets": rows,
        "prompts.distilled": rows[:60],
        "train": rows[:200],
        "validation": rows[200:260],
        "held_out": rows[260:],
    }
    for name, part in parts.items():
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in part)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    for name, columns in {"tickets": ("subject", "queue"), "table": ("question", "answer")}.items():
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as f:
            out = csv.writer(f)
            out.writerow(columns)
            out.writerows((r["messages"][-2]["content"], r["messages"][-1]["content"]) for r in rows[:120])
    results = [{"id": i, "base_correct": i % 3 == 0, "tuned_correct": i % 3 != 1} for i in range(90)]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(r) + "\n" for r in results))
    (tmp_path / "results.csv").write_text(
        "step,train_loss,valid_loss\n" + "".join(f"{s},{2 / s},{2.1 / s}\n" for s in range(1, 30))
    )
    (tmp_path / "facts.json").write_text('{"gaps": ["tone_style"], "examples": 3000}')
    return tmp_path


def test_what_pages_show_runs(folder: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(cli, ["split", "tickets.jsonl", "--out", "tickets"], standalone_mode=False).exception is None
    assert runner.invoke(cli, ["evals", "import", "results.jsonl", "--as", "tickets"]).exit_code == 0
    ran = 0
    for page, line in shown():
        words = shlex.split(line)[1:]
        if ELSEWHERE.search(line) or not ({words[0], " ".join(words[:2])} & RUN):
            continue
        if words[0] in ("split", "convert"):  # shown more than once, and nothing is overwritten
            words[words.index("--out") + 1] = f"made-{ran}" + (".jsonl" if words[0] == "convert" else "")
        result = runner.invoke(cli, words, standalone_mode=False)
        ran += 1
        problem = result.exception
        # A gate or a linter may say no; what is shown must never be unusable.
        assert problem is None or isinstance(problem, SystemExit), f"{page}: {line}: {problem!r}"
        if isinstance(problem, SystemExit):
            assert problem.code in (0, 1), f"{page}: {line}: {result.output[-300:]}"
    assert ran >= 20


def test_a_group_without_a_command_says_what_there_is() -> None:
    assert isinstance(cli, LazyGroup)
    assert "Commands" in CliRunner().invoke(cli, ["--help"]).output
