"""The space of facts that the tests of the advice search: every fact, and reduced values where a rule can turn."""

import itertools
from collections.abc import Iterator
from typing import Any, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from agent.facts import FACT_NAMES, GAPS, Facts

KNOWLEDGE_LIKE = {"knowledge", "live_data_or_action", "calculation", "retrieval_recall"}
"""Lacks that no training can mend."""
COUNTS = [0, 1, 9, 10, 49, 50, 51, 99, 100, 199, 200, 499, 500, 5000, 99_999, 100_000, 10**6]
TEXTS = {
    "provider": ["openai", "OpenAI", "Azure", "google", "bedrock", "mistral", "cohere", "local", "somewhere", ""],
    "base_model": ["gpt-4.1-mini", "o4-mini", "llama-3.1-8b", "Qwen/Qwen3-8B", "gemini-3.5-flash", "a model"],
}


def search(examples: int) -> settings:
    """A search of so many examples, the same ones each time, however busy the machine."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )


def allowed(fact: str) -> list[Any]:
    """Every value of a closed fact; telling values of an open one."""
    annotation = Facts.model_fields[fact].annotation
    if fact == "gaps":
        return [(g,) for g in GAPS]
    literals = [v for arg in get_args(annotation) for v in get_args(arg) if isinstance(v, str)]
    if literals:
        return literals
    if bool in get_args(annotation):
        return [True, False]
    if fact.endswith("_score"):
        return [0.0, 0.3, 0.6, 0.8, 0.9, 1.0]
    return TEXTS.get(fact, COUNTS)


def any_value(fact: str) -> st.SearchStrategy[Any]:
    """Any valid value of a fact."""
    if fact == "gaps":
        return st.lists(st.sampled_from(GAPS), min_size=1, max_size=4).map(tuple)
    if fact.endswith("_score"):
        return st.one_of(st.sampled_from(allowed(fact)), st.floats(0, 1, allow_nan=False))
    if allowed(fact) is COUNTS:
        return st.one_of(st.sampled_from(COUNTS), st.integers(0, 10**9))
    return st.sampled_from(allowed(fact))


def fact_sets(*, mostly_known: bool = False) -> st.SearchStrategy[Facts]:
    """Facts with any of them known; with `mostly_known`, what stands before training is usually passed."""
    optional = {name: any_value(name) for name in FACT_NAMES}
    if not mostly_known:
        return st.fixed_dictionaries({}, optional=optional).map(Facts.model_validate)
    usual: dict[str, list[Any]] = {
        "prompt_effort": ["systematic", "iterated", "few_shot"],
        "evals_defined": [True],
        "examples": [50, 3000],
        "meets_target": [False],
        "labels_quality": ["clean"],
        "chaining_tried": [True],
        "tools_tried": [True],
        "rag_tried": [True],
        "retrieval_recall_ok": [True],
        "structured_output_tried": [True],
        "no_llm_meets_target": [False],
        "in_scope": [True],
    }
    # Two in three times the usual value, otherwise any, or unknown.
    leaning = {
        name: st.integers(0, 5).flatmap(
            lambda n, name=name, values=values: (
                st.sampled_from(values) if n < 4 else any_value(name) if n == 4 else st.none()
            )
        )
        for name, values in usual.items()
    }
    rest = {k: v for k, v in optional.items() if k not in usual}
    return st.fixed_dictionaries(leaning, optional=rest).map(Facts.model_validate)


def some_declined() -> st.SearchStrategy[frozenset[str]]:
    """Facts that the person would not say."""
    return st.one_of(
        st.just(frozenset()), st.just(frozenset(FACT_NAMES)), st.frozensets(st.sampled_from(FACT_NAMES), max_size=6)
    )


def gap_sets(most: int) -> list[tuple[str, ...] | None]:
    """Unknown, and every set of up to `most` gaps."""
    named = [g for g in GAPS if g != "none"]
    sets: list[tuple[str, ...] | None] = [None, ("none",)]
    for size in range(1, most + 1):
        sets += itertools.combinations(named, size)
    return sets


def product(space: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination; None stands for unknown and is left out."""
    names = list(space)
    for combination in itertools.product(*space.values()):
        yield {name: value for name, value in zip(names, combination, strict=True) if value is not None}


UNKNOWN_OR_BOOL = [None, True, False]
EFFORTS = [None, "none", "few_shot", "systematic"]
GATES: dict[str, list[Any]] = {
    "gaps": gap_sets(2),
    "prompt_effort": EFFORTS,
    "evals_defined": UNKNOWN_OR_BOOL,
    "examples": [None, 9, 50],
    "meets_target": UNKNOWN_OR_BOOL,
    "latency_or_cost_pressure": UNKNOWN_OR_BOOL,
    "baseline_score": [None, 0.7],
}
"""All pairs of gaps crossed with what stands before every training."""
REMEDIES: dict[str, list[Any]] = {
    "gaps": gap_sets(1),
    "rag_tried": UNKNOWN_OR_BOOL,
    "retrieval_recall_ok": UNKNOWN_OR_BOOL,
    "tools_tried": UNKNOWN_OR_BOOL,
    "chaining_tried": UNKNOWN_OR_BOOL,
    "structured_output_tried": UNKNOWN_OR_BOOL,
    "knowledge_change": [None, "never", "realtime"],
    "task_type": [None, "extraction", "generation"],
    "prompt_effort": [None, "systematic"],
    "evals_defined": [True],
    "examples": [500],
}
"""Every gap crossed with the cheaper remedies, tried, untried and unknown."""
TECHNIQUES: dict[str, list[Any]] = {
    "gaps": [
        ("reasoning",), ("accuracy",), ("preference",), ("latency",), ("cost",), ("tone_style",), ("abstention",),
        ("tone_style", "preference"), ("reasoning", "cost"), ("knowledge", "tone_style"),
    ],
    "task_type": ["reasoning", "classification", "image_classification"],
    "prompt_effort": [None, "systematic"],
    "evals_defined": [None, True],
    "baseline_score": [None, 0.0, 0.6],
    "objective_grader": UNKNOWN_OR_BOOL,
    "teacher_meets_target": UNKNOWN_OR_BOOL,
    "examples": [None, 9, 50],
    "preference_pairs": [None, 5, 500],
    "task_prompts": [None, 500],
    "can_make_examples": [None, False],
}  # fmt: skip
"""What chooses the technique and its data."""
AGAIN: dict[str, list[Any]] = {
    "gaps": [("tone_style",), ("forgetting",), ("preference",), ("reasoning",), ("knowledge",), ("cost",), None],
    "already_tuned": UNKNOWN_OR_BOOL,
    "tuned_vs_prompt": [None, "better", "same", "worse"],
    "labels_quality": [None, "clean", "noisy", "unlabelled"],
    "evals_defined": UNKNOWN_OR_BOOL,
    "prompt_effort": [None, "single_prompt", "systematic"],
    "examples": [None, 500],
    "preference_pairs": [None, 500],
    "narrow_task": UNKNOWN_OR_BOOL,
    "requests_per_day": [None, 50, 5000],
}
"""A tuned model that exists, and labels of every quality."""
SPACES = {"gates": GATES, "remedies": REMEDIES, "techniques": TECHNIQUES, "again": AGAIN}
