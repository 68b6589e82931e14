"""OpenAI's grader JSON, as its own examples write it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.errors import InputError
from tools.evals.graders import parse_grader
from tools.evals.graders.arithmetic import calculate
from tools.evals.heldout import read_held_out

ITEM = {"target": "Paris", "n": 3, "tags": ["a", "b"]}


def check(operation: str, reference: str = "{{item.target}}", given: str = "{{sample.output_text}}") -> dict[str, Any]:
    return {"type": "string_check", "name": "c", "input": given, "reference": reference, "operation": operation}


def likeness(metric: str) -> dict[str, Any]:
    return {
        "type": "text_similarity", "name": "s", "input": "{{sample.output_text}}", "reference": "{{item.target}}",
        "evaluation_metric": metric,
    }  # fmt: skip


PYTHON = {
    "type": "python", "name": "p",
    "source": """def grade(sample, item):
    said = sample["output_text"]
    return 1.0 if said == item["target"] else 0.25 * (item["target"] in said)
""",
}  # fmt: skip
MULTI = {
    "type": "multi", "name": "m", "calculate_output": "0.5 * exact + 0.5 * max(close, 0)",
    "graders": {"exact": check("eq"), "close": likeness("fuzzy_match")},
}  # fmt: skip


@pytest.mark.parametrize(
    ("grader", "completion", "score"),
    [
        (check("eq"), "Paris", 1),
        (check("eq"), "paris", 0),
        (check("ne"), "Rome", 1),
        (check("like"), "It is Paris.", 1),
        (check("ilike"), "it is paris", 1),
        (check("eq", "{{ item.n }}", "{{sample.output_json.value}}"), '{"value": 3}', 1),
        (check("eq", "{{item.tags[1]}}"), "b", 1),
        (check("eq", "{{item.absent}}"), "x", None),
        (check("eq", "x", "{{sample.output_json.value}}"), "no json", None),
        (likeness("rouge_1"), "Paris", 1),
        (likeness("rouge_l"), "Paris of course", 0.5),
        (likeness("rouge_2"), "Paris", 0),
        (likeness("bleu"), "Paris", 1),
        (likeness("gleu"), "Rome", 0),
        (PYTHON, "Paris", 1),
        (PYTHON, "Rome, not Paris", 0.25),
        (check("eq") | {"pass_threshold": 0.5}, "Paris", 1),
        (MULTI, "Paris", 1),
        (MULTI, "Parts", 0.4),
    ],
)
def test_a_grade(grader: dict[str, Any], completion: str, score: float | None) -> None:
    read = parse_grader(json.dumps(grader))
    got = read.grade(completion, None, ITEM)
    assert got.score == (None if score is None else pytest.approx(score))
    again = parse_grader({"type": read.type, **json.loads(read.spec())})
    assert again.grade(completion, None, ITEM) == got
    read.close(), again.close()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return 1 / 0", "ZeroDivisionError"),
        ("import socket; socket.socket(); return 1", "may not use|not permitted"),
        ("open('/tmp/x', 'w'); return 1", "may not use|not permitted"),
    ],
)
def test_code_that_fails_is_one_line(body: str, why: str) -> None:
    grader = parse_grader({"type": "python", "source": f"def grade(sample, item):\n    {body}"})
    with pytest.raises(InputError, match=why):
        grader.grade("x", "x")
    grader.close()


@pytest.mark.parametrize(
    ("grader", "said"),
    [
        ({"type": "score_model", "model": "", "input": []}, "model"),
        ({"type": "python", "source": ""}, "source"),
        (likeness("meteor"), "WordNet"),
        (likeness("cosine"), "embedding"),
        ({"type": "label_model", "model": "m", "input": [], "labels": ["a"], "passing_labels": ["b"]}, "not in labels"),
        (check("equals"), "operation"),
        (MULTI | {"calculate_output": "__import__('os').getcwd()"}, "a formula may hold"),
        (MULTI | {"calculate_output": "exact +"}, "not a formula"),
        (MULTI | {"calculate_output": "exact + tone"}, "'tone', which is no grader of it"),
    ],
)
def test_what_cannot_be_used_says_why(grader: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_grader(grader)


@pytest.mark.parametrize(
    ("formula", "value"),
    [("a / b", None), ("2 ** 10", 1024), ("-a + 3", 2), ("10 ** 1000", None), ("min(a, 0.2)", 0.2), ("c", None)],
)
def test_formulas(formula: str, value: float | None) -> None:
    assert calculate(formula, {"a": 1.0, "b": 0.0}) == value


def test_a_line_for_reinforcement_keeps_the_fields_a_grader_refers_to(lines: Callable[..., Path]) -> None:
    row = {"messages": [{"role": "user", "content": "make 24"}], "target": 24, "nums": [4, 6]}
    (sample,) = read_held_out(lines([row])).samples
    assert (sample.target, sample.item["nums"], len(sample.messages)) == ("24", [4, 6], 1)
