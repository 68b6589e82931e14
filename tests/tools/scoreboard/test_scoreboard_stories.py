"""From advice to scoreboard, as a person goes: the ladder on the command line, and a case of the chat."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))
from evals_wire import said, serving

from agent.case import Case, Noted
from agent.decide import decide
from tools.evals.compare import Comparison
from tools.records.owned import LOCAL
from tools.scoreboard.score import scoreboard
from ui.advice import note_advice, note_tuned
from ui.cli.main import main

FACTS = {
    "task_type": "classification", "gaps": ["accuracy"], "prompt_effort": "none", "evals_defined": True,
    "examples": 240, "labels_quality": "clean", "narrow_task": True, "objective_grader": True,
    "knowledge_change": "never", "requests_per_day": 500, "latency_or_cost_pressure": False,
}  # fmt: skip


def advisor(capsys: Any, monkeypatch: pytest.MonkeyPatch, *args: object) -> str:
    monkeypatch.setattr(sys, "argv", ["finetune-advisor", *map(str, args)])
    with pytest.raises(SystemExit) as ended:
        main()
    out = capsys.readouterr()
    assert not ended.value.code, out.err
    return str(out.out)


def test_a_ladder_settles_the_advice_on_the_facts_it_was_given(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"input": f"{'invoice' if i % 2 else 'password'} {i}", "target": "ab"[i % 2] * 7} for i in range(240)]
    data, facts = tmp_path / "d.jsonl", tmp_path / "f.json"
    data.write_text(
        "".join(
            json.dumps(
                {"messages": [{"role": "user", "content": r["input"]}, {"role": "assistant", "content": r["target"]}]}
            )
            + "\n"
            for r in rows
        )
    )
    facts.write_text(json.dumps(FACTS))

    def right(body: dict[str, Any]) -> Any:
        return said("ab"[int(re.findall(r"\d+", body["messages"][-1]["content"])[-1]) % 2] * 7)

    with serving(right) as wire:
        for _ in range(2):
            advisor(
                capsys, monkeypatch, "ladder", data, "--model", "m", "--base-url", wire.url, "--unpriced",
                "--facts", facts, "--arm", "plain", "--target", "0.8",
            )  # fmt: skip
    found = json.loads(advisor(capsys, monkeypatch, "scoreboard", "--json"))
    assert (found["given"], found["measured"]) == (1, 1)
    (one,) = found["settled"]
    assert (one["decision"], one["right"]) == ("prompt_engineering", True)
    assert one["finding"] == "A prompt reached the target without tuning."


def test_a_case_of_the_chat_keeps_its_advice_once_and_is_settled_later() -> None:
    case = Case(id="thread-1")
    note_advice(LOCAL, case)
    assert scoreboard(LOCAL).given == 0, "nothing was shown yet"
    case.record({fact: Noted(value=value) for fact, value in FACTS.items()})
    recommendation = decide(case.facts_now())
    assert recommendation.status == "recommend"
    case.shown = recommendation.model_dump_json(by_alias=True)
    for _ in range(3):
        note_advice(LOCAL, case)
    better = Comparison.model_construct(verdict="improved", baseline_name="base", candidate_name="tuned", n=100)
    note_tuned(LOCAL, "thread-1", better)
    found = scoreboard(LOCAL)
    assert (found.given, found.measured) == (1, 1)
    assert (found.settled[0].decision, found.settled[0].right) == ("prompt_engineering", False)
