"""The metric: proposed from the data, shown, accepted, versioned, and carried by every eval that was held to it."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evals_wire import said, serving

from tools.endpoint import Endpoint
from tools.errors import InputError, NotFoundError, RefusedError
from tools.evals import store
from tools.evals.compare import CompareRequest, compare
from tools.evals.gate import GateRequest, gate
from tools.evals.graders import parse_grader
from tools.evals.graders.judge import Judge
from tools.evals.metric import files
from tools.evals.metric.propose import MetricProposal, propose_metric, schema_of
from tools.evals.metric.records import Goal, Metric
from tools.evals.run import RunRequest, RunResult, run

Lines = Callable[..., Path]
LABELS = [{"id": i, "input": f"q{i}", "target": ("billing", "log_in")[i % 2], "shop": "ab"[i // 20]} for i in range(40)]
JSON = [
    {"id": i, "input": f"q{i}", "target": json.dumps({"name": f"n{i}", "count": i, "note": None})} for i in range(9)
]
NUMBERS = [{"id": i, "input": f"q{i}", "target": str(i * 17)} for i in range(30)]
PROSE = [{"id": i, "input": f"q{i}", "target": f"A sentence of its own about the matter number {i}."} for i in range(9)]


@pytest.fixture
def proposed(lines: Lines) -> Callable[..., MetricProposal]:
    def go(rows: Any, **more: Any) -> MetricProposal:
        return propose_metric(lines(rows, "held_out.jsonl"), "t", **more)

    return go


@pytest.mark.parametrize(
    ("rows", "grader", "report", "passes", "fails"),
    [
        (LABELS, "label", ("accuracy", "macro_f1"), "LOG IN.", "I would say: log_in"),
        (JSON, "json", ("accuracy", "mean_score"), JSON[0]["target"], "I would say: " + str(JSON[0]["target"])),
        (NUMBERS, "numeric", ("accuracy",), "I would say: 17", "34"),
    ],
)
def test_a_metric_is_proposed_from_the_data(
    proposed: Any, rows: Any, grader: str, report: Any, passes: str, fails: str
) -> None:
    found = proposed(rows)
    assert found.metric.grader.type == grader
    assert found.metric.report == report
    assert found.metric.guardrails == ("general",)
    assert found.metric.proposed_from.rows == len(rows)
    assert 2 <= len(found.rows) <= 5
    row = next(r for r in found.rows if passes in [t.answer for t in r.tried] and fails in [t.answer for t in r.tried])
    tried = {t.answer: t.passes for t in row.tried}
    assert (tried[passes], tried[fails]) == (True, False)


def test_prose_needs_a_person_to_name_a_judge(proposed: Any) -> None:
    found = proposed(PROSE)
    assert found.metric.grader is None
    assert "which model judges" in found.needs
    assert len(found.rows) == 5
    with pytest.raises(RefusedError, match="free text"):
        files.accept(found.metric)
    judge = Judge(model="j", base_url="http://127.0.0.1:9/v1")
    named = proposed(PROSE, judge=judge, rubric="Short, polite, and answers the question.")
    assert named.metric.grader.type == "rubric"
    assert files.accept(named.metric).version == 1


def test_a_schema_is_what_all_targets_follow() -> None:
    found = schema_of(['{"a": 1, "b": [1, 2.5]}', '{"a": null, "b": [], "c": {"d": true}}'])
    assert found["required"] == ["a", "b"]
    assert found["properties"]["a"] == {"type": ["integer", "null"]}
    assert found["properties"]["b"] == {"type": "array", "items": {"type": "number"}}
    assert found["properties"]["c"]["required"] == ["d"]


def test_versions_stay_as_they_are(proposed: Any) -> None:
    metric = proposed(LABELS).metric
    files.write_draft(metric)
    first = files.accept(files.draft("t"))
    assert first.version == 1
    assert first.digest == metric.digest, "the digest is over what it says, not its number"
    assert files.accept(first).version == 1, "the same again is no new version"
    second = files.accept(first.model_copy(update={"goal": Goal(at_least=0.9)}))
    assert second.version == 2
    assert second.digest != first.digest
    assert files.accepted("t") == second
    assert files.accepted("t@1") == first
    path = files.folder_of("t") / "v1.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    path.chmod(0o600)
    path.write_text(path.read_text().replace("billing", "bills"))
    with pytest.raises(InputError, match="changed after it was accepted"):
        files.accepted("t@1")
    with pytest.raises(NotFoundError, match="versions: 1, 2"):
        files.accepted("t@3")
    files.accept(first.model_copy(update={"name": "other"}))
    newest = files.folder_of("t") / "v2.yaml"
    newest.chmod(0o600)
    newest.write_text(newest.read_text().replace("billing", "bills"))
    listed, unread = files.all_metrics()
    assert [m.name for m in listed] == ["other"], "one that was changed does not hide the others"
    assert [e.where for e in unread] == [str(newest)]


def test_the_file_is_readable_and_may_be_edited(proposed: Any) -> None:
    path = files.write_draft(proposed(LABELS).metric)
    text = path.read_text()
    assert "good_answer: One of the 2 labels, and nothing else." in text
    assert "improved: true" in text
    path.write_text(text.replace("improved: true", "not_worse_than: 0.02"))
    assert files.draft("t").goal == Goal(not_worse_than=0.02)
    path.write_text(text.replace("improved: true", "better: yes"))
    with pytest.raises(InputError, match=r"proposed.yaml: goal.better"):
        files.draft("t")
    with pytest.raises(InputError, match="cannot name a metric"):
        files.folder_of("../x")


@pytest.fixture
def held(lines: Lines) -> Callable[..., RunResult]:
    """An eval held to a metric: the model answers right for the first `right` rows."""
    file = lines(LABELS, "held_out.jsonl")

    def go(metric: Metric, name: str, right: int) -> RunResult:
        def script(body: dict[str, Any]) -> Any:
            i = int(body["messages"][-1]["content"][1:])
            return said(str(LABELS[i]["target"]) if i < right else "other")

        with serving(script) as wire:
            endpoint = Endpoint(base_url=wire.url, model=name, name="wire")
            return run(RunRequest(dataset=file, endpoint=endpoint, grader=metric.grader, metric=metric.ref, name=name))

    return go


def test_an_eval_carries_its_metric_and_the_gate_its_goal(proposed: Any, held: Any) -> None:
    metric = proposed(LABELS).metric.model_copy(update={"goal": Goal(at_least=0.8), "slices": ("shop",)})
    metric = files.accept(metric)
    held(metric, "base", 20)
    held(metric, "tuned", 39)
    kept = store.eval_named("tuned")
    assert (kept.metric, kept.metric_version, kept.metric_digest) == ("t", 1, metric.digest)
    c = compare(CompareRequest(baseline="base", candidate="tuned"))
    assert [s.category for s in c.slices] == ["shop=a", "shop=b"]
    assert c.macro_f1 is not None
    assert c.macro_f1.difference > 0
    result = gate(GateRequest(baseline="base", candidate="tuned"))
    assert result.passed
    assert "goal: at least 0.800 (metric t version 1)" in result.line
    assert not gate(GateRequest(baseline="tuned", candidate="base")).passed


def test_two_versions_are_said_or_refused(proposed: Any, held: Any) -> None:
    first = files.accept(proposed(LABELS).metric)
    held(first, "one", 20)
    other_goal = files.accept(first.model_copy(update={"goal": Goal(at_least=0.5)}))
    held(other_goal, "two", 30)
    warnings = compare(CompareRequest(baseline="one", candidate="two")).warnings
    assert any("t version 1, t version 2" in w for w in warnings)
    other_grader = files.accept(first.model_copy(update={"grader": parse_grader("exact")}))
    held(other_grader, "three", 30)
    with pytest.raises(RefusedError, match="metrics t version 1 and t version 3"):
        compare(CompareRequest(baseline="one", candidate="three"))
