"""The command line: the contract's JSON on standard output, one line on standard error, the three exit statuses."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evals_wire import said, serving

Lines = Callable[..., Path]


@pytest.fixture
def advisor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process: exit status, standard output, standard error."""
    from ui.cli.main import main

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["finetune-advisor", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


@pytest.fixture
def file(lines: Lines) -> Path:
    """A paired file: 60 samples, the tuned model gains 12 and loses 1."""
    return lines(
        {"id": f"s{i}", "category": "ab"[i % 2], "base_correct": i >= 20, "tuned_correct": i >= 8 and i != 59}
        for i in range(60)
    )


CONTRACT = {
    "n",
    "baseline",
    "candidate",
    "difference",
    "ci_low",
    "ci_high",
    "p_value",
    "test",
    "verdict",
    "regressions",
}


def test_import_then_compare(advisor: Any, file: Path) -> None:
    status, out, _ = advisor("evals", "import", file, "--as", "t", "--json")
    assert status == 0
    assert [e["name"] for e in json.loads(out)["evals"]] == ["t/base", "t/tuned"]
    status, out, _ = advisor("evals", "compare", "t/base", "t/tuned", "--json")
    found = json.loads(out)
    assert status == 0
    assert set(found) >= CONTRACT
    assert (found["n"], found["verdict"], found["test"]) == (60, "improved", "exact McNemar")
    assert found["difference"] == pytest.approx(11 / 60)
    assert [f["id"] for f in found["regressions"]] == ["s59"]


def test_people_read_the_verdict_first_and_the_harm_before_the_gain(advisor: Any, file: Path) -> None:
    advisor("evals", "import", file, "--as", "t")
    status, out, _ = advisor("evals", "compare", "t/base", "t/tuned")
    assert status == 0
    assert out.startswith("Improved. ")
    assert out.index("1 got worse") < out.index("12 got better") < out.index("by category")
    assert "n=60" in out
    assert "95 % interval" in out


@pytest.mark.parametrize(
    ("goal", "status", "word"),
    [((), 0, "pass"), (("--min-difference", "0.3"), 1, "FAIL"), (("--not-worse-than", "0.05"), 0, "pass")],
)
def test_gate(advisor: Any, file: Path, goal: tuple[str, ...], status: int, word: str) -> None:
    advisor("evals", "import", file, "--as", "t")
    got, out, _ = advisor("evals", "gate", "t/base", "t/tuned", *goal)
    assert (got, out.count("\n")) == (status, 1)
    assert out.startswith(word)


@pytest.mark.parametrize(
    ("args", "said_"),
    [
        (("compare", "a", "b"), "no eval named 'a'"),
        (("import", "absent.jsonl"), "absent.jsonl: there is no such file"),
        (("gate", "a", "b", "--not-worse-than", "-1"), "--not-worse-than: "),
        (("gate", "a", "b", "--not-worse-than", "1", "--min-difference", "1"), "one goal"),
        (("run", "absent.jsonl", "--grader", "exact"), "no model to measure is set"),
        (("import", __file__, "--format", "excel"), "--format: "),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_2(advisor: Any, args: tuple[str, ...], said_: str) -> None:
    status, out, err = advisor("evals", *args)
    assert (status, out) == (2, "")
    assert said_ in err
    assert "Traceback" not in err


def test_list_and_show(advisor: Any, file: Path) -> None:
    assert advisor("evals", "list")[2].startswith("No evals yet.")
    advisor("evals", "import", file, "--as", "t")
    assert "Stored before" in advisor("evals", "import", file, "--as", "t")[1]
    assert [e["name"] for e in json.loads(advisor("evals", "list", "--json")[1])["evals"]] == ["t/base", "t/tuned"]
    shown = json.loads(advisor("evals", "show", "t/base", "--wrong", "--limit", 3, "--json")[1])
    assert [s["correct"] for s in shown["samples"]] == [False] * 3
    assert shown["eval"]["cost_usd"] is None


def test_run_against_an_endpoint(advisor: Any, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = lines(({"input": f"q{i}", "target": "yes" if i % 2 else "no"} for i in range(10)), "held_out.jsonl")
    monkeypatch.setenv("THE_KEY", "sk-canary")
    with serving(lambda body: said("Yes.")) as wire:
        args = ("evals", "run", held_out, "--model", "m", "--base-url", wire.url, "--key-env", "THE_KEY", "--as", "r")
        status, out, err = advisor(*args, "--json")
        assert wire.keys == {"Bearer sk-canary"}
    assert status == 0
    found = json.loads(out)
    assert (found["n"], found["score"], found["asked"], found["grader"]) == (10, 0.5, 10, "label")
    assert "sk-canary" not in out + err
    assert b"sk-canary" not in b"".join(p.read_bytes() for p in Path(held_out.parent).rglob("*") if p.is_file())


def test_the_commands_start_light(tmp_path: Path) -> None:
    """Nothing heavy is imported for help, and a comparison's own module loads without duckdb and scipy."""
    code = (
        "import sys, ui.cli.evals, ui.cli.evals_run, tools.evals.compare, tools.evals.importers, tools.evals.graders, "
        "tools.evals.run, tools.evals.gate, tools.endpoint\n"
        "print([m for m in ('duckdb', 'scipy', 'numpy', 'openai', 'torch', 'pandas', 'rapidfuzz') if m in sys.modules])"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "[]"
    assert time.monotonic() - began < 10
