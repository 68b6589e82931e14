"""What a fact may be: nothing is guessed, and what is refused is named."""

import pytest

from agent.facts import parse_facts
from tools.errors import InputError


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"examples": True}, "examples: a number"),
        ({"examples": "3000"}, "examples: a number"),
        ({"baseline_score": "0.5"}, "baseline_score: a number"),
        ({"budget_usd": False}, "budget_usd: a number"),
        ({"evals_defined": "yes"}, "evals_defined: true or false"),
        ({"rag_tried": 1}, "rag_tried: true or false"),
        ({"examples": -1}, "examples"),
        ({"examples": 1.5}, "examples"),
        ({"target_score": 97}, "target_score"),
        ({"task_type": "poetry"}, "task_type"),
        ({"exampels": 5}, "Did you mean 'examples'"),
        ([], "facts"),
        ("facts", "facts"),
    ],
)
def test_refused(given: object, words: str) -> None:
    with pytest.raises(InputError) as e:
        parse_facts(given)
    assert words in str(e.value)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert parse_facts({"examples": 3000.0}).examples == 3000


def test_null_is_unknown() -> None:
    assert parse_facts({"examples": None, "evals_defined": None}).known() == {}
