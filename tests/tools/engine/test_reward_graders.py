"""Graders as the wire writes them, and the sandbox around a grader that is code."""

import json
import time
from typing import Any

import pytest

from tools.engine import sandbox
from tools.engine.grading import parse, reward
from tools.engine.wire import WireError

OUT = "{{sample.output_text}}"


def check(operation: str) -> dict[str, Any]:
    return {"type": "string_check", "name": "c", "input": OUT, "reference": "{{item.answer}}", "operation": operation}


def likeness(metric: str) -> dict[str, Any]:
    return {"type": "text_similarity", "input": OUT, "reference": "{{item.answer}}", "evaluation_metric": metric}


SCHEMA = {"type": "object", "required": ["result"], "properties": {"result": {"type": "string"}}}
HALVES = {"a": check("eq"), "b": {"type": "numeric", "reference": "{{ item.number }}"}}
PARTS = {"said": check("eq"), "read": check("eq") | {"input": "{{sample.output_json.city}}"}}
"""The second cannot be graded where the answer is no JSON; the first still counts."""


@pytest.mark.parametrize(
    ("grader", "text", "score"),
    [
        (check("eq"), "Paris", 1),
        (check("eq"), "paris", 0),
        (check("ne"), "paris", 1),
        (check("like"), "It is Paris.", 1),
        (check("ilike"), "it is PARIS", 1),
        (check("ilike"), "Rome", 0),
        (likeness("fuzzy_match"), "Paris", 1),
        (likeness("fuzzy_match"), "Pariz", 0.8),
        (likeness("rouge_l"), "Paris of course", 0.5),
        (check("eq") | {"input": "{{sample.output_json.city}}"}, "no JSON", 0),
        (check("ne") | {"input": "{{sample.output_json.city}}"}, "no JSON", 0),
        ({"type": "numeric", "reference": "{{item.number}}"}, "so it is 42", 1),
        ({"type": "numeric", "reference": "{{item.number}}", "tolerance": 2}, "40.5", 1),
        ({"type": "numeric", "reference": "{{item.number}}"}, "no number", 0),
        ({"type": "numeric", "input": "{{sample.output_json.result}}", "reference": "42"}, '{"result": "42"}', 1),
        ({"type": "json_schema", "json_schema": SCHEMA}, '{"result": "x"}', 1),
        ({"type": "json_schema", "json_schema": SCHEMA}, '{"result": 1}', 0.2),
        ({"type": "json_schema", "json_schema": SCHEMA}, "{", 0),
        ({"type": "multi", "name": "m", "graders": HALVES, "calculate_output": "0.25 * a + 0.75 * b"}, "42", 0.75),
        ({"type": "multi", "name": "m", "graders": HALVES, "calculate_output": "max(a, b) * 9"}, "Paris", 1),
        ({"type": "multi", "name": "m", "graders": HALVES, "calculate_output": "b / (a - 1)"}, "Paris", 0),
        ({"type": "multi", "graders": PARTS, "calculate_output": "0.5 * said + 0.5 * read"}, "Paris", 0.5),
    ],
)
def test_a_grader_scores_from_0_to_1(grader: dict[str, Any], text: str, score: float) -> None:
    assert reward(parse(grader), text, {"answer": "Paris", "number": 42}) == pytest.approx(score)


@pytest.mark.parametrize(
    ("grader", "param"),
    [
        (None, "grader"),
        ({"type": "score_model", "model": "gpt", "input": "good?"}, "grader"),
        (check("eq") | {"refrence": "x"}, "grader.refrence"),
        (
            {"type": "multi", "graders": {"a": check("eq") | {"refrence": "x"}}, "calculate_output": "a"},
            "grader.graders.a.refrence",
        ),
        (check("matches"), "grader.operation"),
        ({"type": "python"}, "grader.source"),
        ({"type": "json_schema", "json_schema": {"type": "objekt"}}, "grader.json_schema"),
        ({"type": "multi", "graders": HALVES, "calculate_output": "a + c"}, "grader.calculate_output"),
        ({"type": "multi", "graders": HALVES, "calculate_output": "__import__('os')"}, "grader.calculate_output"),
        ({"type": "multi", "graders": HALVES, "calculate_output": "a.real"}, "grader.calculate_output"),
    ],
)
def test_a_grader_that_cannot_be_used_is_refused_by_field(grader: Any, param: str) -> None:
    with pytest.raises(WireError) as e:
        parse(grader)
    assert e.value.param == param


def test_a_schema_that_points_away_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *a, **k: asked.append(a))
    schema = {"$id": "http://127.0.0.1:9/base", "properties": {"a": {"$ref": "other"}}}
    with pytest.raises(WireError, match="nothing is fetched") as e:
        reward(parse({"type": "json_schema", "json_schema": schema}), '{"a": 1}', {})
    assert (e.value.param, asked) == ("grader.json_schema", [])


def test_a_pattern_does_not_hold_the_training() -> None:
    grader = parse({"type": "json_schema", "json_schema": {"type": "string", "pattern": "(a+)+$"}})
    began = time.monotonic()
    assert reward(grader, json.dumps("a" * 40 + "!"), {}) == 0.2
    assert time.monotonic() - began < 2


def python(body: str) -> Any:
    return parse({"type": "python", "name": "p", "source": f"def grade(sample, item):\n    {body}"})


def test_code_grades_and_keeps_its_process() -> None:
    grader = python("return 0.5 * (sample['output_text'] == item['answer']) + 0.5 * len(re.findall('a', 'aa')) / 2")
    grader = parse({**grader.model_dump(), "source": "import re\n" + grader.source})
    assert reward(grader, "Paris", {"answer": "Paris"}) == 1
    first = grader._sandbox._process.pid
    assert reward(grader, "Rome", {"answer": "Paris"}) == 0.5
    assert grader._sandbox._process.pid == first
    grader._sandbox.close()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("while True: pass", "more than"),
        ("return [0] * 10**9 and 1", "MemoryError"),
        ("import socket; socket.socket(); return 1", "may not use socket"),
        ("import subprocess; subprocess.run(['ls']); return 1", "may not use"),
        ("import os; os.system('ls'); return 1", "may not use os.system"),
        ("open('/tmp/x', 'w'); return 1", "may not use open"),
        ("raise KeyError('x')", "KeyError"),
        ("return 'high'", "ValueError"),
    ],
)
def test_code_that_misbehaves_is_contained(body: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "TIME_S", 3.0)
    grader = python(body)
    with pytest.raises(WireError, match=says):
        reward(grader, "x", {})
    grader._sandbox.close()


def test_code_that_does_not_compile_or_define_grade_is_refused() -> None:
    for source in ("def grade(:", "x = 1"):
        with pytest.raises(WireError, match="must define grade"):
            reward(parse({"type": "python", "name": "p", "source": source}), "x", {})
