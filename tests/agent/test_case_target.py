"""What was measured against a target holds for that target only."""

from typing import Any

import pytest

from agent.case import Case, Noted

FACT = "no_llm_meets_target"


def measured() -> Case:
    case = Case(id="case_1")
    case.record({"target_score": Noted(value=0.8)})
    case.record({FACT: Noted(value=True, how="measured")}, kind="measured")
    return case


@pytest.mark.parametrize("how", ["said", "changed", "unset", "declined", "unknown"])
def test_another_target_forgets_it_and_going_back_brings_it_again(how: str) -> None:
    case = measured()
    acts: dict[str, Any] = {
        "said": lambda: case.record({"target_score": Noted(value=0.95)}, kind="answered"),
        "changed": lambda: case.change("target_score", 0.95),
        "unset": lambda: case.change("target_score", None),
        "declined": lambda: case.decline("target_score"),
        "unknown": lambda: case.record({"modality": Noted(value="text")}, kind="answered", unknown=["target_score"]),
    }
    acts[how]()
    assert FACT not in case.facts
    case.back()
    assert case.facts[FACT].value is True
    assert case.facts["target_score"].value == 0.8


def test_the_same_target_again_and_a_target_measured_with_it_keep_it() -> None:
    case = measured()
    case.record({"target_score": Noted(value=0.8)})
    assert case.facts[FACT].value is True
    case.record({"target_score": Noted(value=0.7), FACT: Noted(value=False, how="measured")}, kind="measured")
    assert case.facts[FACT].value is False
