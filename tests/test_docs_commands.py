"""Every command that a page shows: the real parser takes it, and it runs as shown unless a reason stands against it."""

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ui.cli.main import COMMANDS, LazyGroup, cli

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
SPOKEN = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "tools").rglob("*.py"), *(ROOT / "agent").rglob("*.py")]
SPOKEN += [f for house in ("ui", "tools", "agent", "knowledge") for f in (ROOT / house).rglob("*.yaml")]
NOT_RUN_HERE = {
    r"_3f9a|\b(PLAN|JOB|CASE|OTHER|ID|DIGEST|DIR|NAME)\b": "names something of the reader's",
    r"HOST|URL|MODEL|catalogue (refresh|eligibility)": "asks an address: tests against a wire on loopback",
    r"--backend (?!local)": "needs a provider's settings: tests/tools/jobs",
    r"^(serve|ask|mcp|users)\b": "goes on until it is stopped: tests/ui",
    r"--local|^(evals (run|guardrail|judge|prefer)|ladder|distill|dry-run)\b": "asks a model: tests/tools",
    r"^raft\b|raft/": "needs documents: tests/tools/raft",
    r"^evals (export|metric accept|gate .*metric)": "needs what an earlier command measured: tests/tools/evals",
    r"^jobs (notices --test)": "sends a message",
}
"""Why a command of a page is parsed and not run by these tests."""
BY_ITSELF = "tutorial.md"
"""The tutorial is run as a whole by tests/test_tutorial.py."""


def shown() -> list[tuple[str, str]]:
    """(page, command line) of every command in a block of code; joined lines, comments and prompts taken off."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```[a-z]*\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                text = re.sub(r"\s#\s.*$", "", line.strip().removeprefix("$ "))
                parts = re.split(r"\s(?:&&|\||2>)\s", text)
                found += [(page.name, part.strip()) for part in parts if part.startswith("finetune-advisor ")]
    return list(dict.fromkeys(found))


def named() -> list[tuple[str, str]]:
    """(page, command) of every command inside a sentence."""
    found = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        found += [(page.name, " ".join(c.split())) for c in re.findall(r"`(finetune-advisor [a-z][^`|]*)`", text)]
    return [(p, c) for p, c in dict.fromkeys(found) if p != "commands.md"]


def leaf(words: list[str], where: str) -> tuple[click.Command, list[str]]:
    """The command that the words name, and what is left of them."""
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"{where}: there is no command {name!r}"
        command = found
    return command, rest


@pytest.mark.parametrize(("page", "line"), shown())
def test_the_parser_takes_what_pages_show(page: str, line: str) -> None:
    if "list | show" in line:
        pytest.skip("several subcommands on one line")
    command, rest = leaf(shlex.split(line)[1:], f"{page}: {line}")
    if command.name == "add":  # it would ask for a password
        rest += ["--password", "not-a-real-one"]
    try:
        command.make_context("shown", rest)
    except click.ClickException as e:
        pytest.fail(f"{page}: {line}: {e.format_message()}")
    except click.exceptions.Exit:  # --help
        pass


def test_commands_inside_sentences_have_the_options_they_name() -> None:
    for page, line in named():
        command, rest = leaf(shlex.split(line)[1:], f"{page}: {line}")
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
        for word in rest:
            if re.match(r"--?[a-z]", word):
                assert word.split("=")[0] in known, f"{page}: {line}: {word}"


def test_commands_that_the_product_names_exist() -> None:
    for path in SPOKEN:
        text = " ".join(path.read_text(encoding="utf-8").split())
        for line in re.findall(r"(?:`|[:,] |or )finetune-advisor ([a-z][a-z-]*(?: [a-z][a-z-]+)?)(?=[ `.\"'])", text):
            words = line.split()
            if words[0] in COMMANDS:
                found = LazyGroup().get_command(click.Context(cli), words[0])
                words = words if isinstance(found, click.Group) else words[:1]
            leaf(words, str(path.relative_to(ROOT)))


def test_scripts_and_targets_that_pages_show_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", text, re.M):
            assert "".join(target) in targets, f"{page.name}: make {''.join(target)}"
        for script in re.findall(r"python ((?:bench|examples|docs)/[\w/]+\.py)", text):
            assert (ROOT / script).is_file(), f"{page.name}: {script}"


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
    (tmp_path / "prompts.jsonl").write_text(
        "".join(json.dumps({"messages": r["messages"][:-1], "team": r["messages"][-1]["content"]}) + "\n" for r in rows)
    )
    (tmp_path / "grader.json").write_text(
        '{"type": "string_check", "name": "team", "operation": "eq", '
        '"input": "{{sample.output_text}}", "reference": "{{item.team}}"}'
    )
    (tmp_path / "facts.json").write_text('{"gaps": ["tone_style"], "examples": 3000}')
    return tmp_path


def test_what_pages_show_runs(folder: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(cli, ["split", "tickets.jsonl", "--out", "tickets"], standalone_mode=False).exception is None
    assert runner.invoke(cli, ["evals", "import", "results.jsonl", "--as", "tickets"]).exit_code == 0
    other_form = ["convert", "train.jsonl", "--to", "gemini", "--out", "train.gemini.jsonl"]
    assert runner.invoke(cli, other_form, standalone_mode=False).exception is None
    ran, unusable = 0, []
    for page, line in shown():
        words = shlex.split(line)[1:]
        command = line.removeprefix("finetune-advisor ")
        if page == BY_ITSELF or any(re.search(why, command) for why in NOT_RUN_HERE):
            continue
        if words[0] in ("split", "convert"):  # shown more than once, and nothing is overwritten
            words[words.index("--out") + 1] = f"made-{ran}" + (".jsonl" if words[0] == "convert" else "")
        result = runner.invoke(cli, words, standalone_mode=False)
        ran += 1
        # A gate or a linter may say no; what is shown must never be unusable.
        problem = result.exception
        if problem is not None and not (isinstance(problem, SystemExit) and problem.code in (0, 1)):
            unusable.append(f"{page}: {line}: {problem!r}")
    assert not unusable, "\n".join(unusable)
    assert ran >= 35


def test_a_group_without_a_command_says_what_there_is() -> None:
    assert isinstance(cli, LazyGroup)
    assert "Commands" in CliRunner().invoke(cli, ["--help"]).output
