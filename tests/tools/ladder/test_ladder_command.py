"""`ladder` on the command line: the contract's JSON, the recommendation fed with what was measured, the plan first."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))
from evals_wire import said, serving

LABELS = ("billing", "login", "delivery")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """One file of 240 examples, not yet divided: 48 are held out, enough to call two rungs alike."""
    path = tmp_path / "tickets.jsonl"
    words = ("invoice amount", "password reset", "parcel courier")
    lines = [
        {
            "messages": [
                {"role": "user", "content": f"{words[i % 3]} {'abcdefghij'[i % 10]}{i}"},
                {"role": "assistant", "content": LABELS[i % 3]},
            ]
        }
        for i in range(240)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


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


def right(body: dict[str, Any]) -> Any:
    """Always the right label."""
    return said(LABELS[int(re.findall(r"\d+", body["messages"][-1]["content"])[-1]) % 3])


def test_a_dataset_in_one_file(advisor: Any, dataset: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"gaps": ["accuracy"], "requests_per_day": 500}))
    with serving(right) as wire:
        args = ("ladder", dataset, "--model", "m", "--base-url", wire.url, "--unpriced", "--facts", facts)
        arms = ("--arm", "linear", "--arm", "plain")
        status, out, err = advisor(*args, *arms, "--target", "0.8", "--json")
        asked = len(wire.requests)
        again = advisor(*args, *arms, "--target", "0.8", "--json")
        assert len(wire.requests) == asked, "the same file and seed are divided alike, and nothing is asked twice"
    assert status == 0, err
    found = json.loads(out)
    assert set(found) >= {"arms", "verdict", "recommendation"}
    for arm in found["arms"]:
        assert set(arm) >= {"name", "score", "ci_low", "ci_high", "cost_usd", "latency_ms"}
    assert {a["name"]: a["score"] for a in found["arms"]} == {"linear": 1, "plain": 1}
    assert found["verdict"] == "no_language_model_needed"
    assert set(found["recommendation"]) >= {"status", "decision", "because", "flips"}
    assert found["facts"]["meets_target"] is True
    assert found["recommendation"]["decision"] == "do_nothing", "the cheapest rung that reaches the target is enough"
    assert found["recommendation"]["because"][0]["facts"] == ["no_llm_meets_target", "target_score"]
    assert json.loads(again[1])["arms"] == found["arms"]
    assert next(a for a in found["arms"] if a["name"] == "plain")["cost_usd"] is None, "no price was given: unknown"


def test_the_plan_asks_nothing_and_unknown_costs_are_refused(advisor: Any, dataset: Path) -> None:
    with serving(right) as wire:
        args = ("ladder", dataset, "--model", "m", "--base-url", wire.url, "--arm", "plain")
        status, out, _ = advisor(*args, "--plan")
        assert (status, "cost unknown" in out) == (0, True)
        status, out, err = advisor(*args)
        assert (status, out) == (1, "")
        assert "what they cost is unknown" in err
        status, _, err = advisor(*args, "--usd-in", "1", "--usd-out", "1", "--budget", "0.0000001")
        assert status == 1
        assert "the budget is" in err
        assert wire.requests == []


def test_people_read_the_conclusion_before_the_table(advisor: Any, dataset: Path) -> None:
    with serving(right) as wire:
        args = ("--model", "m", "--base-url", wire.url, "--unpriced", "--arm", "linear", "--arm", "plain")
        status, out, _ = advisor("ladder", dataset, *args)
    assert status == 0
    assert out.index("without a language model") < out.index("95 % interval  ") < out.index("Recommendation: ")


@pytest.mark.parametrize(
    ("more", "said_"),
    [
        (("--arm", "magic"), "--arm"),
        (("--facts", "absent.json"), "absent.json"),
        (("--instructions", "@absent"), "absent"),
    ],
)
def test_what_cannot_be_used_is_one_line(advisor: Any, dataset: Path, more: tuple[str, ...], said_: str) -> None:
    with serving(right) as wire:
        args = ("--model", "m", "--base-url", wire.url, "--unpriced", "--arm", "plain", "--limit", "3")
        status, _, err = advisor("ladder", dataset, *args, *more)
    assert status == 2
    assert said_ in err
    assert "Traceback" not in err
