"""Measuring a candidate: what is asked, kept, reused, and what a stop or an outage leaves."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from evals_wire import refused, said, serving

from tools.endpoint import Endpoint
from tools.errors import CancelledError, InputError, UnavailableError
from tools.evals import store
from tools.evals.compare import CompareRequest, compare
from tools.evals.graders import parse_grader
from tools.evals.prompts import FewShot, Instructions
from tools.evals.run import RunRequest, RunResult, run

Lines = Callable[..., Path]


def example(asked: str, target: str, **more: Any) -> dict[str, Any]:
    """A chat example."""
    return {
        "messages": [
            {"role": "system", "content": "Name the topic."},
            {"role": "user", "content": asked},
            {"role": "assistant", "content": target, "weight": 1},
        ],
        **more,
    }


HELD_OUT = [example(f"question {i}", "billing" if i % 2 else "login") for i in range(20)]


def clever(body: dict[str, Any]) -> Any:
    """A model that knows: odd questions are about billing."""
    number = int(body["messages"][-1]["content"].split()[-1])
    return said("Billing." if number % 2 else "log-in")


@pytest.fixture
def measure(lines: Lines) -> Callable[..., RunResult]:
    """Measure a scripted endpoint on the held-out file."""
    file = lines(HELD_OUT, "held_out.jsonl")

    def go(script: Any, *, progress: Any = None, **more: Any) -> RunResult:
        with serving(script) as wire:
            go.wire = wire  # type: ignore[attr-defined]
            endpoint = Endpoint(base_url=wire.url, model=more.pop("model", "m"), name="wire")
            request = RunRequest(**{"dataset": file, "endpoint": endpoint, "grader": parse_grader("label")} | more)
            return run(request, *([progress] if progress else []))

    return go


def test_an_eval_records_everything_that_made_it(measure: Any) -> None:
    result = measure(clever, name="base", usd_per_million_prompt_tokens=1, usd_per_million_completion_tokens=2)
    assert (result.n, result.scored, result.score) == (20, 20, 0.5), '"log-in" is two words, so not the label'
    assert (result.asked, result.reused, result.truncated) == (20, 0, 0)
    kept = store.eval_named("base")
    assert (kept.model, kept.source, kept.dataset, kept.grader, kept.grader_version) == (
        "m",
        "wire",
        "held_out.jsonl",
        "label",
        1,
    )
    assert len(kept.dataset_digest or "") == 64
    assert kept.cost_usd == Decimal("0.000220")  # 20 x (7 x 1 + 2 x 2) / 1,000,000
    assert (kept.prompt_tokens, kept.completion_tokens) == (140, 40)
    assert kept.latency_ms_p50
    sample = store.samples("base")[1]
    assert (sample.input, sample.target, sample.completion, sample.correct) == (
        "question 1",
        "billing",
        "Billing.",
        True,
    )
    assert sample.category == "billing", "labels are slices"
    sent = measure.wire.requests[0]["messages"]
    assert [m["role"] for m in sent] == ["system", "user"]
    assert "weight" not in json.dumps(sent)


def test_nothing_is_asked_twice(measure: Any) -> None:
    measure(clever, name="one")
    again = measure(clever, name="one")
    assert (again.asked, again.reused) == (0, 20)
    other_grader = measure(clever, name="contains", grader=parse_grader("contains"))
    assert (other_grader.asked, other_grader.reused) == (0, 20)
    assert measure(clever, name="other model", model="m2").asked == 20
    assert measure(clever, name="other prompt", prompt=Instructions(text="Guess.")).asked == 20


def test_an_unknown_price_is_not_zero(measure: Any) -> None:
    assert measure(clever).cost_usd is None
    assert (
        measure(clever, name="free", usd_per_million_prompt_tokens=0, usd_per_million_completion_tokens=0).cost_usd == 0
    )


def test_a_stop_keeps_what_was_measured_and_goes_on_there(measure: Any) -> None:
    seen = 0.0

    def stop_at_eight(done: float, total: float | None = None, text: str = "") -> None:
        nonlocal seen
        seen = done
        if done >= 8:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        measure(clever, progress=stop_at_eight, parallel=2)
    assert store.evals() == [], "half an eval is none"
    first = len(measure.wire.requests)
    assert 8 <= first <= 11
    result = measure(clever)
    assert (result.n, result.asked) == (20, 20 - first)


def test_an_outage_says_what_is_kept(measure: Any) -> None:
    def fails_later(body: dict[str, Any]) -> Any:
        number = int(body["messages"][-1]["content"].split()[-1])
        return refused(500) if number >= 10 else clever(body)

    with pytest.raises(
        UnavailableError, match=r"HTTP 500.*10 completions are kept; the same command asks for the other 10"
    ):
        measure(fails_later, parallel=1)
    assert measure(clever).asked == 10


def test_a_sample_the_endpoint_refuses_has_no_score(measure: Any) -> None:
    result = measure(
        lambda body: refused(400, "too long") if body["messages"][-1]["content"] == "question 3" else clever(body)
    )
    assert (result.n, result.scored, result.rejected) == (20, 19, 1)
    refusal = next(s for s in store.samples(result.name) if s.score is None)
    assert "too long" in (refusal.details or "")


def test_an_endpoint_that_refuses_everything_is_an_error(measure: Any) -> None:
    with pytest.raises(InputError, match="too long"):
        measure(lambda body: refused(400, "too long"))
    assert store.evals() == []


def test_a_cut_completion_is_counted(measure: Any) -> None:
    assert measure(lambda body: said("bill", finish_reason="length")).truncated == 20


def test_the_name_of_another_eval_is_refused(measure: Any) -> None:
    measure(clever, name="one")
    with pytest.raises(InputError, match="exists with other content"):
        measure(clever, name="one", model="m2")


def test_a_name_nobody_chose_gets_a_number(measure: Any) -> None:
    names = [measure(clever, limit=limit).name for limit in (10, None, 10, None, 5)]
    assert names == [
        "held_out/m-as_is",
        "held_out/m-as_is-2",
        "held_out/m-as_is",
        "held_out/m-as_is-2",
        "held_out/m-as_is-3",
    ]


def test_examples_come_from_train_only_one_a_label_first(measure: Any, lines: Lines) -> None:
    train = lines([*(example(f"train {i}", f"label{i % 4}") for i in range(40)), *HELD_OUT[:5]], "train.jsonl")
    result = measure(clever, prompt=FewShot(train=train, k=4, seed=1))
    assert result.left_out == 5, "held-out questions in the training file are passed over"
    shots = measure.wire.requests[0]["messages"][1:-1]
    assert [m["role"] for m in shots] == ["user", "assistant"] * 4
    assert {m["content"] for m in shots[1::2]} == {"label0", "label1", "label2", "label3"}
    assert all(m["content"].startswith("train") for m in shots[::2])
    assert all(r["messages"][1:-1] == shots for r in measure.wire.requests), "the same for every sample"


def test_too_few_examples_besides_the_held_out_ones(measure: Any, lines: Lines) -> None:
    with pytest.raises(InputError, match="5 examples are wanted, 0 of 20 can be used"):
        measure(clever, prompt=FewShot(train=lines(HELD_OUT, "leaky.jsonl")))


def test_base_against_tuned(measure: Any) -> None:
    """The end of the road: two evals of the same samples, compared."""
    measure(lambda body: said("I would say billing"), name="base")
    labels = ["login", "billing"]
    measure(lambda body: said(labels[int(body["messages"][-1]["content"][-1]) % 2]), name="tuned", model="ft")
    c = compare(CompareRequest(baseline="base", candidate="tuned"))
    assert (c.n, c.baseline, c.candidate, c.verdict) == (20, 0, 1, "improved")
    assert c.improvements[0].baseline_completion == "I would say billing"


def test_different_graders_are_not_compared(measure: Any) -> None:
    from tools.errors import RefusedError

    measure(clever, name="a")
    measure(clever, name="b", grader=parse_grader("contains"))
    with pytest.raises(RefusedError, match="a difference would be the graders'"):
        compare(CompareRequest(baseline="a", candidate="b"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": [{"role": "user", "content": "x"}]}, r"held_out2.jsonl:2: there is no assistant turn"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": " "}]}, "is empty"),
        ({"text": "x"}, "neither `messages`"),
        ("{", "not JSON"),
    ],
)
def test_a_held_out_file_that_cannot_be_used(measure: Any, lines: Lines, row: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        measure(clever, dataset=lines([HELD_OUT[0], row], "held_out2.jsonl"))


def test_the_same_question_has_the_same_id_in_every_file(measure: Any, lines: Lines) -> None:
    measure(clever, name="all")
    shuffled = lines([HELD_OUT[5], HELD_OUT[2], HELD_OUT[2]], "some.jsonl")
    assert measure(clever, name="some", dataset=shuffled).asked == 0
    ids = [s.sample_id for s in store.samples("some")]
    assert len(set(ids)) == 3
    assert set(ids[:2]) <= {s.sample_id for s in store.samples("all")}


def test_base_against_tuned_takes_the_better_baseline(lines: Lines) -> None:
    from tools.evals.versus import VersusRequest, base_against_tuned

    held_out, train = lines(HELD_OUT, "h.jsonl"), lines([example(f"train {i}", "billing") for i in range(9)], "t.jsonl")

    def script(body: dict[str, Any]) -> Any:
        if body["model"] == "tuned":
            return said("billing" if int(body["messages"][-1]["content"].split()[-1]) % 2 else "login")
        return said("billing" if len(body["messages"]) > 3 else "Certainly.")

    seen: list[str] = []
    with serving(script) as wire:
        base = Endpoint(base_url=wire.url, model="base", name="wire")
        request = VersusRequest(
            held_out=held_out,
            base=base,
            tuned=base.model_copy(update={"model": "tuned"}),
            grader=parse_grader("label"),
            train=train,
            name="case",
        )
        found = base_against_tuned(request, lambda done, total=None, text="": seen.append(text))
    assert (found.base.score, found.few_shot and found.few_shot.score, found.tuned.score) == (0, 0.5, 1)
    assert found.baseline == "case/few_shot"
    assert (found.comparison.difference, found.comparison.verdict) == (0.5, "improved")
    assert {t.split(":")[0] for t in seen} == {"base", "few_shot", "tuned"}
