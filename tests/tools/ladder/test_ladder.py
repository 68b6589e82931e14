"""The ladder against a scripted endpoint: what each rung sends, what it costs, what the whole concludes."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))
from evals_wire import TOPICS, refused, said, serving
from evals_wire import topic_rows as rows

from tools.endpoint import Endpoint
from tools.errors import CancelledError, InputError, RefusedError
from tools.evals import store
from tools.evals.lexical import Texts
from tools.ladder.climb import climb
from tools.ladder.plan import plan
from tools.ladder.records import ARMS, LadderRequest, LadderResult

WORDS = {"billing": "invoice payment charge", "login": "password account locked", "delivery": "parcel courier late"}
N = 36
ASKING = 7 * N
"""Requests of the seven rungs that ask a model and are answered, the chain's first step being the better prompt."""


def worded(start: int, n: int) -> list[dict[str, Any]]:
    """Questions whose words give the label away."""
    made = rows(start, n)
    for i, row in enumerate(made, start):
        row["messages"][1]["content"] = f"{WORDS[TOPICS[i % 3]].split()[i % 2]} trouble {i}"
    return made


def right(body: dict[str, Any]) -> str:
    """The label of a question by its number."""
    return TOPICS[asked_number(body) % 3]


def asked_number(body: dict[str, Any]) -> int:
    """The number of the question: in the last message that has one (a chain goes on after it)."""
    numbers = (re.findall(r"\d+", m["content"]) for m in body["messages"])
    return int([found for found in numbers if found][-1][-1])


def model(body: dict[str, Any]) -> Any:
    """A small model as such models are: chats unless told what to answer with; better with examples."""
    number = asked_number(body)
    if body["model"] == "tuned":
        return said(right(body))
    if body.get("response_format"):
        return refused(400, "response_format is not supported")
    if body["messages"][-1]["content"].startswith("Check"):
        return said(right(body) if number % 9 < 4 else "billing")
    if len(body["messages"]) > 3:
        return said(right(body) if number % 9 < 5 else "billing")
    if "exactly one of these labels" in body["messages"][0]["content"]:
        return said(right(body) if number % 9 < 3 else "billing")
    return said("I am happy to help you with that")


@pytest.fixture
def ladder(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Climb (or plan) with the scripted model."""
    wires = []

    def write(name: str, made: list[dict[str, Any]]) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in made))
        return path

    def go(
        script: Any = model, *, do: Any = climb, tuned: bool = True, make: Any = rows, progress: Any = None, **more: Any
    ) -> Any:
        server = serving(script)
        wires.append(server)
        go.wire = server.__enter__()  # type: ignore[attr-defined]
        base = Endpoint(base_url=go.wire.url, model="base", name="wire")  # type: ignore[attr-defined]
        request = LadderRequest(
            **{
                "train": write("train.jsonl", more.pop("train", make(1000, 90))),
                "held_out": write("held_out.jsonl", make(0, N)),
                "endpoint": base,
                "tuned": base.model_copy(update={"model": "tuned"}) if tuned else None,
                "usd_per_million_prompt_tokens": 1,
                "usd_per_million_completion_tokens": 2,
                "guardrails": (),
            }
            | more
        )
        return do(request, *([progress] if progress else []))

    yield go
    for server in wires:
        server.__exit__(None, None, None)


def named(result: LadderResult) -> dict[str, Any]:
    """Arms by name."""
    return {a.name: a for a in result.arms}


def test_every_rung_on_the_same_samples(ladder: Any) -> None:
    result = ladder()
    arms = named(result)
    assert list(arms) == list(ARMS)
    measured = {n: a for n, a in arms.items() if a.eval}
    assert set(ARMS) - set(measured) == {"constrained"}
    assert "not supported" in arms["constrained"].note
    assert {a.n for a in measured.values()} == {N}
    assert {store.eval_named(a.eval).dataset_digest for a in measured.values()} == {store.evals()[0].dataset_digest}
    assert (arms["plain"].score, arms["tuned"].score) == (0, 1)
    assert arms["plain"].ci_low == 0 < arms["plain"].ci_high, "zero of 36 is not certainly zero"
    assert 0 < arms["better_prompt"].score < arms["few_shot"].score < 1
    assert arms["tuned"].against_plain["verdict"] == "improved"
    assert arms["linear"].cost_usd == 0
    assert arms["tuned"].usd_per_1000_requests == Decimal(
        "0.011000"
    )  # 7 x 1 + 2 x 2 dollars a million, a thousand times


def test_tuning_that_helps_is_said_with_its_numbers(ladder: Any) -> None:
    result = ladder()
    assert result.verdict == "tuning_helps"
    assert f"n={N}" in result.reason
    assert "95 % interval" in result.reason
    assert result.gap_closed is not None
    assert 0 < result.gap_closed < 1
    assert result.facts["tuned_vs_prompt"] == "better"
    assert result.facts["baseline_score"] == named(result)[result.best_without_tuning].score
    assert result.facts["task_type"] == "classification"


def test_a_tuned_model_that_is_no_better_is_said_too(ladder: Any) -> None:
    result = ladder(lambda body: said(right(body)), arms=("plain", "few_shot", "tuned"))
    assert result.verdict == "prompt_is_enough"
    assert result.best_without_tuning == "plain", "among equals the lower rung"
    assert result.facts["tuned_vs_prompt"] == "same"


def test_words_alone_can_do_it(ladder: Any) -> None:
    result = ladder(make=worded, arms=("nearest_neighbour", "linear", "plain", "tuned"))
    assert named(result)["linear"].score == 1
    assert result.verdict == "no_language_model_needed"
    assert "without a language model" in result.reason


@pytest.mark.parametrize(
    ("make", "target", "reached"),
    [(worded, 0.8, True), (worded, 0.99, False), (worded, None, None), (rows, 0.8, False)],
)
def test_words_alone_may_reach_the_target(ladder: Any, make: Any, target: float | None, reached: bool | None) -> None:
    controls = ("majority", "nearest_neighbour", "linear")
    result = ladder(make=make, arms=controls, target_score=target)
    assert result.facts.get("no_llm_meets_target") is reached
    assert result.verdict == ("no_language_model_needed" if reached else "insufficient_evidence")
    assert ladder.wire.requests == []


def test_a_target_that_the_commonest_answer_reaches_shows_nothing(ladder: Any) -> None:
    def lopsided(start: int, n: int) -> list[dict[str, Any]]:
        made = worded(start, n)
        for i, row in enumerate(made):
            row["messages"][-1]["content"] = "login" if i == 0 else "billing"
        return made

    result = ladder(make=lopsided, arms=("majority", "nearest_neighbour", "linear"), target_score=0.8)
    assert result.facts["no_llm_meets_target"] is False
    assert any("does not see the rare answers" in w for w in result.warnings)


@pytest.mark.parametrize(("n", "verdict"), [(18, "insufficient_evidence"), (N, "no_language_model_needed")])
def test_as_good_as_words_alone_is_said_only_where_a_gain_is_ruled_out(ladder: Any, n: int, verdict: str) -> None:
    result = ladder(make=worded, arms=("linear", "plain", "tuned"), limit=n)
    scores = {a.name: a.score for a in result.arms}
    assert (scores["linear"], scores["tuned"]) == (1, 1)
    assert result.verdict == verdict
    assert "not shown to be better than a linear model" in " ".join([result.reason, *result.warnings])


def test_without_a_tuned_model_nothing_is_said_of_tuning(ladder: Any) -> None:
    result = ladder(tuned=False, arms=("plain", "better_prompt", "tuned"))
    assert result.verdict == "tuning_not_measured"
    assert "already_tuned" not in result.facts
    assert "jobs plan" in named(result)["tuned"].note
    assert result.gap_closed is None


def test_a_target_that_is_reached_settles_it(ladder: Any) -> None:
    result = ladder(lambda body: said(right(body)), tuned=False, target_score=0.9, arms=("plain",))
    assert result.verdict == "prompt_is_enough"
    assert result.facts["meets_target"] is True


def test_too_few_samples_settle_nothing(ladder: Any) -> None:
    assert ladder(limit=4).verdict == "insufficient_evidence"


def test_shuffled_labels_show_what_examples_teach(ladder: Any) -> None:
    result = ladder(arms=("few_shot", "shuffled_labels"))
    assert any("form of the answer" in w for w in result.warnings), "this model only copies the form"
    shots = next(r["messages"] for r in ladder.wire.requests if len(r["messages"]) > 3)
    taught = list(zip(shots[1:-1:2], shots[2:-1:2], strict=True))
    assert {right({"messages": [q]}) == a["content"] for q, a in taught} in ({True}, {False})


def test_held_out_questions_never_reach_a_prompt(ladder: Any) -> None:
    result = ladder(train=[*rows(1000, 90), *rows(0, 10)], arms=("few_shot", "retrieval"))
    assert result.leaked == 10
    assert any("has seen the answers" in w for w in result.warnings)
    for request in ladder.wire.requests:
        for message in request["messages"][1:-1]:
            if message["role"] == "user":
                assert int(message["content"].split()[-1]) >= 1000


def test_first_a_few_rows_then_all_of_them(ladder: Any) -> None:
    arms = ("majority", "plain")
    few = named(ladder(arms=arms, limit=30))
    for _ in range(2):
        whole = named(ladder(arms=arms))
        assert {n: (a.n, a.eval) for n, a in whole.items()} == {n: (N, f"{few[n].eval}-2") for n in arms}
    ladder(arms=arms, name="mine")
    with pytest.raises(InputError, match="exists with other content"):  # a name that somebody chose means that one
        ladder(arms=arms, name="mine", limit=30)


def test_the_plan_before_and_nothing_asked_twice(ladder: Any) -> None:
    first = ladder(do=plan)
    assert ladder.wire.requests == []
    assert (first.samples, first.requests) == (N, ASKING + N)
    worst = sum(a.worst_case_usd for a in first.arms)
    assert first.worst_case_usd == worst > 0
    result = ladder()
    paid = sum(a.cost_usd for a in result.arms if a.cost_usd)
    assert paid < worst, "the worst case is one"
    before = len(ladder.wire.requests)
    assert before == ASKING + N
    assert [a.model_dump() for a in ladder().arms] == [a.model_dump() for a in result.arms]
    assert len(ladder.wire.requests) == N, "only the rung that was refused is tried again"


@pytest.mark.parametrize(
    ("more", "said_"),
    [
        ({"budget_usd": Decimal("0.0001")}, r"could cost up to \$.*the budget is"),
        ({"usd_per_million_prompt_tokens": None}, "what they cost is unknown"),
    ],
)
def test_nothing_is_asked_over_budget(ladder: Any, more: dict[str, Any], said_: str) -> None:
    with pytest.raises(RefusedError, match=said_):
        ladder(**more)
    assert ladder.wire.requests == []
    assert store.evals() == []


def test_a_stop_keeps_the_rungs_that_were_measured(ladder: Any) -> None:
    def stop_in_few_shot(done: float, total: float | None = None, text: str = "") -> None:
        if text.startswith("few_shot: 1"):
            raise CancelledError("stopped")

    rungs = ("plain", "few_shot", "tuned")
    with pytest.raises(CancelledError):
        ladder(progress=stop_in_few_shot, arms=rungs)
    first = len(ladder.wire.requests)
    assert N < first < 2 * N
    assert ladder(arms=rungs).verdict == "tuning_helps"
    assert first + len(ladder.wire.requests) == 3 * N


def test_numbers_have_their_own_rungs(ladder: Any) -> None:
    def sums(start: int, n: int) -> list[dict[str, Any]]:
        made = rows(start, n)
        for i, row in enumerate(made, start):
            row["messages"][1]["content"], row["messages"][2]["content"] = f"{i} + 1", str(i + 1)
        return made

    result = ladder(lambda body: said("unsure"), make=sums)
    skipped = {a.name for a in result.arms if "only where targets are labels or fields" in a.note}
    assert skipped == {"majority", "linear", "constrained", "shuffled_labels"}
    assert next(a for a in result.arms if a.name == "chain").note.startswith("2 requests a sample")
    assert result.grader == "numeric"


def test_nearest_texts_and_the_linear_model_by_hand() -> None:
    texts = Texts(["red apple", "green pear", "blue sea", "red sea"])
    assert texts.nearest(["the red apple", "blue"], 2) == [[0, 3], [2, 0]]
    assert texts.ridge(["fruit", "fruit", "water", "water"]).labels(["pear", "sea"]) == ["fruit", "water"]
    assert texts.nearest(["unknown words"], 1) == [[0]], "nothing alike: the first, always the same"


def test_the_learning_curve_and_what_the_next_doubling_may_bring(ladder: Any) -> None:
    from tools.ladder.curve import CurveRequest, learning_curve

    def grows(request: LadderRequest) -> Any:
        return learning_curve(CurveRequest(ladder=request, arm="linear", usd_per_label=Decimal("0.5")))

    curve = ladder(do=grows, make=worded)
    assert [(p.share, p.train_examples) for p in curve.points] == [(0.25, 22), (0.5, 45), (1.0, 90)]
    assert curve.points[-1].score == 1
    assert curve.n == N
    assert (curve.forecast.train_examples, curve.forecast.usd) == (180, 45)
    assert curve.forecast.gain is not None
    assert 0 <= curve.forecast.gain < 0.2, "a curve that has reached the top promises little"
    assert ladder.wire.requests == []


def test_the_curve_of_a_rung_that_learns_nothing_promises_nothing(ladder: Any) -> None:
    from tools.ladder.curve import CurveRequest, learning_curve

    curve = ladder(lambda body: said("billing"), do=lambda r: learning_curve(CurveRequest(ladder=r, arm="few_shot")))
    assert (curve.forecast.gain, curve.forecast.ci_low, curve.forecast.ci_high) == (0, 0, 0)
    assert "No gain" in curve.forecast.reason
    f = curve.forecast
    assert f.usd_low is not None
    assert f.usd_high is not None
    assert f.usd_low < f.usd == Decimal(90 * 3 * 54) / 60 < f.usd_high, "90 labels of 3 minutes at 54 dollars an hour"
    assert f.usd_source.startswith("an assumption")


@pytest.mark.parametrize(
    ("scores", "gain"),
    [((0.2, 0.6, 0.8), 0.1), ((0.2, 0.4, 0.7), 0.3), ((0.5, 0.5, 0.6), 0.1), ((0.5, 0.7, 0.6), 0.0)],
)
def test_the_forecast_by_hand(scores: tuple[float, ...], gain: float) -> None:
    import numpy as np

    from tools.ladder.curve import _next_gain

    assert _next_gain(np.array(scores).reshape(3, 1))[0] == pytest.approx(gain)
