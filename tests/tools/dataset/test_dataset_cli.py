"""`lint`, `split`, `tokens`, `convert` from the shell: the JSON of the contract, exit status, one line for errors."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ui.cli import dataset


def example(i: int, answer: str = "") -> str:
    return json.dumps(
        {
            "messages": [
                {"role": "user", "content": f"What about {i * 31}?"},
                {"role": "assistant", "content": answer or f"It is {i}."},
            ]
        }
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_text("\n".join(example(i) for i in range(120)) + "\n")
    return path


def shell(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ui.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "ADVISOR_HOME": str(home)},
    )


def test_lint_json_has_what_the_contract_names(good: Path, home: Path) -> None:
    done = shell("lint", good, "--json", home=home)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert {"file", "format", "technique", "examples", "findings", "stats", "ok"} <= value.keys()
    assert (value["format"], value["technique"], value["examples"], value["ok"]) == ("openai_chat", "sft", 120, True)
    assert value["stats"]["tokens"]["exact"]
    assert value["stats"]["checked"]


def test_errors_exit_with_1_and_say_line_and_remedy(good: Path, home: Path) -> None:
    with good.open("a") as f:
        f.write(example(1, "  ") + "\n{broken\n")
    done = shell("lint", good, "--json", home=home)
    assert done.returncode == 1
    finding = next(f for f in json.loads(done.stdout)["findings"] if f["rule"] == "FT101")
    assert {"rule", "severity", "line", "lines", "file", "message", "remedy", "fixable"} <= finding.keys()
    assert (finding["severity"], finding["line"], finding["lines"]) == ("error", 122, [122])
    words = shell("lint", good, home=home).stdout
    assert "FT101 line 122: not JSON at column 2" in words
    assert "2 errors" in words
    assert max(map(len, words.splitlines())) <= 80
    assert "\nchecked\n" in words


@pytest.mark.parametrize("command", ["lint", "tokens"])
def test_what_is_unusable_is_one_line_and_2(command: str, tmp_path: Path, home: Path) -> None:
    for path in (tmp_path / "nowhere.jsonl", tmp_path):
        done = shell(command, path, home=home)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("Error: ")


def test_nothing_is_found_still_says_what_was_checked(good: Path) -> None:
    result = CliRunner().invoke(dataset.lint, [str(good)], standalone_mode=False)
    assert re.search(r"secrets and personal data +clean", result.output)
    assert "no errors" in result.output


def test_split_tokens_and_convert(good: Path, tmp_path: Path, home: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(dataset.split, [str(good), "--out", str(tmp_path / "o"), "--json"], standalone_mode=False)
    report = json.loads(made.output)
    assert sum(p["examples"] for p in report["parts"]) == 120
    assert json.loads((tmp_path / "o" / "split.json").read_text()) == report
    counted = runner.invoke(dataset.tokens, [str(good), "--model", "gpt-4.1", "--json"], standalone_mode=False)
    value = json.loads(counted.output)
    assert {
        "examples",
        "total_tokens",
        "trained_tokens_per_epoch",
        "p50",
        "p95",
        "max",
        "tokenizer",
        "exact",
    } <= value.keys()
    assert value["exact"]
    said = runner.invoke(dataset.tokens, [str(good), "--model", "gpt-6-luna"], standalone_mode=False).output
    assert "not exact" in said
    assert "total between" in said
    words = runner.invoke(
        dataset.convert, [str(good), "--to", "gemini", "--out", str(tmp_path / "g.jsonl")], standalone_mode=False
    ).output
    assert "120 examples: openai_chat -> gemini" in words


def test_a_small_file_needs_little_time(good: Path, home: Path, patience: Callable[[], float]) -> None:
    """Under half a second on an idle machine; here the processor time is held, with room for a busy one."""
    used = []
    for _ in range(3):
        before = os.times()
        started = time.monotonic()
        assert shell("lint", good, "--json", home=home).returncode == 0
        after = os.times()
        used.append((after.children_user - before.children_user, time.monotonic() - started))
    assert min(cpu for cpu, _ in used) < 2.0 * patience()


def test_more_places_than_are_listed_are_counted_and_one_example_is_one(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n" * 20_000 + example(1) + "\n")
    words = " ".join(CliRunner().invoke(dataset.lint, [str(path)], standalone_mode=False).output.split())
    assert "and 19,992 more: the line is blank" in words
    assert "1 example (" in words
    assert "there is one example; OpenAI and Azure take at least 10" in words
