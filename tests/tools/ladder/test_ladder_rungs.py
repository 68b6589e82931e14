"""The rungs beyond a plain prompt: chain, documents, JSON fields, share of the gap, leaks, the chart."""

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))
from evals_wire import said, serving

from tools.endpoint import Endpoint
from tools.errors import InputError, RefusedError
from tools.evals import store
from tools.evals.records import NewEval, Sample
from tools.ladder.chain import given_steps
from tools.ladder.chart import ladder_svg
from tools.ladder.climb import climb
from tools.ladder.gap import gap_closed
from tools.ladder.plan import plan
from tools.ladder.records import LadderRequest, LadderResult
from tools.ladder.shape import fields_of, put_together, schema_of

N = 40
CITIES = ("Rome", "Oslo", "Lima", "Cairo")


def row(asked: str, target: str) -> dict[str, Any]:
    """One example."""
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": target}]}


def trips(start: int, n: int) -> list[dict[str, Any]]:
    """Questions whose words give each field of the answer."""
    made = []
    for i in range(start, start + n):
        city, seats = CITIES[i % 4], 1 + i % 2
        words = "for me alone" if seats == 1 else "for us both"
        made.append(row(f"flight to {city} {words}, note {i}", json.dumps({"city": city, "trip": {"seats": seats}})))
    return made


def topics(start: int, n: int) -> list[dict[str, Any]]:
    """Questions with one of two labels."""
    return [row(f"please tell me the topic of case {i}", ("billing", "login")[i % 2]) for i in range(start, start + n)]


@pytest.fixture
def ladder(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Climb (or plan) with a scripted model."""
    wires = []

    def write(name: str, made: list[dict[str, Any]]) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in made))
        return path

    def go(script: Any, make: Any, *, do: Any = climb, tuned: bool = False, **more: Any) -> Any:
        server = serving(script)
        wires.append(server)
        wire = server.__enter__()
        go.wire = wire  # type: ignore[attr-defined]
        base = Endpoint(base_url=wire.url, model="base", name="wire")
        files = {"train": write("train.jsonl", make(1000, 60)), "held_out": write("held_out.jsonl", make(0, N))}
        other = {"endpoint": base, "tuned": base.model_copy(update={"model": "tuned"}) if tuned else None}
        prices = {"usd_per_million_prompt_tokens": 1, "usd_per_million_completion_tokens": 2}
        return do(LadderRequest(**files | other | prices | {"guardrails": ()} | more))

    yield go
    for server in wires:
        server.__exit__(None, None, None)


def arms(result: LadderResult) -> dict[str, Any]:
    """Arms by name."""
    return {a.name: a for a in result.arms}


def number(body: dict[str, Any]) -> int:
    """The number of the case that is asked about."""
    asked = [m["content"] for m in body["messages"] if m["content"].startswith("please tell")][-1]
    return int(asked.split()[-1])


def test_a_chain_shows_the_model_its_draft_and_counts_both_requests(ladder: Any) -> None:
    def model(body: dict[str, Any]) -> Any:
        if body["messages"][-1]["content"].startswith("Check your answer"):
            assert body["messages"][-2] == {"role": "assistant", "content": "Well, billing I think"}
            return said(("billing", "login")[number(body) % 2])
        return said("Well, billing I think")

    planned = ladder(model, topics, do=plan, arms=("better_prompt", "chain"))
    assert planned.requests == 2 * N, "the first step is the better prompt, asked once"
    result = ladder(model, topics, arms=("better_prompt", "chain"))
    assert len(ladder.wire.requests) == 2 * N
    found = arms(result)
    assert (found["better_prompt"].score, found["chain"].score) == (0, 1)
    assert found["chain"].cost_usd == 2 * found["better_prompt"].cost_usd, "both steps are paid"
    rows = store.samples(found["chain"].eval, limit=3)
    assert {(s.prompt_tokens, s.completion_tokens) for s in rows} == {(14, 4)}
    assert result.best_without_tuning == "chain"


def test_a_chain_of_ones_own(ladder: Any, tmp_path: Path) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text("steps: [Think of the topic., Say it in one word., Now as a label.]")
    heard: list[int] = []

    def model(body: dict[str, Any]) -> Any:
        heard.append(len(body["messages"]))
        return said("login")

    result = ladder(model, topics, arms=("chain",), chain=given_steps(file))
    assert sorted(set(heard)) == [2, 4, 6]
    assert arms(result)["chain"].note == "3 requests a sample"
    ladder(model, topics, arms=("chain",), chain=given_steps(file))
    assert ladder.wire.requests == [], "nothing is asked twice"


@pytest.mark.parametrize("text", ["[one]", "steps: 3", "[1, 2]", "{", "[a, b, c, d, e, f]"])
def test_what_is_no_chain_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "chain.yaml").write_text(text)
    with pytest.raises(InputError, match="chain"):
        given_steps(tmp_path / "chain.yaml")


def test_retrieval_brings_passages_and_none_that_holds_a_held_out_question(ladder: Any, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "even.md").write_text("# Even cases\n\nThe topic of an even case is billing.")
    (docs / "faq.md").write_text("# FAQ\n\nPlease tell me the topic of case 2! It is billing.")
    heard: list[str] = []

    def model(body: dict[str, Any]) -> Any:
        heard.append(body["messages"][0]["content"])
        return said("billing")

    result = ladder(model, topics, arms=("retrieval",), documents=(docs,))
    assert result.leaked_passages == 1
    assert any("passage" in w for w in result.warnings)
    assert all("[Even cases] The topic of an even case is billing." in h for h in heard)
    assert not any("It is billing" in h for h in heard)


@pytest.mark.parametrize("where", ["instructions", "chain"])
def test_a_held_out_question_in_a_prompt_is_refused(ladder: Any, where: str) -> None:
    text = "Example: Please tell me the topic of case 3 -> login"
    more: dict[str, Any] = {"instructions": text} if where == "instructions" else {"chain": ("Answer.", text)}
    with pytest.raises(RefusedError, match="held-out questions stand in the prompt"):
        ladder(lambda _: said("login"), topics, arms=("chain",), **more)
    assert ladder.wire.requests == []


def test_fields_have_controls_and_a_schema(ladder: Any) -> None:
    asked: list[dict[str, Any]] = []

    def model(body: dict[str, Any]) -> Any:
        asked.append(body)
        return said('{"city": "Rome", "trip": {"seats": 1}}')

    result = ladder(model, trips, arms=("majority", "linear", "constrained", "shuffled_labels"))
    found = arms(result)
    assert found["linear"].score == 1, "each field has a linear model of its own"
    assert found["majority"].score == pytest.approx((0.25 + 0.5) / 2)
    assert result.verdict == "no_language_model_needed"
    schema = next(b["response_format"] for b in asked if b.get("response_format"))["json_schema"]["schema"]
    assert schema["required"] == ["city", "trip"]
    assert schema["properties"]["trip"]["properties"] == {"seats": {"type": "integer"}}


def test_a_schema_holds_what_it_was_made_of() -> None:
    import jsonschema

    targets = ['{"a": 1, "b": ["x"]}', '{"a": 2.5, "b": []}', '{"a": 1, "b": ["y"], "c": {"d": true}}']
    schema = schema_of(targets)
    assert schema is not None
    assert schema["properties"]["c"]["anyOf"][1] == {"type": "null"}, "strict form: what may lack may be null"
    jsonschema.validate(json.loads(targets[2]), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"a": "1", "b": [], "c": None}, schema)
    assert schema_of(["[1]", "{}"]) is None


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(st.lists(JSON, min_size=1, max_size=3))
def test_json_taken_apart_comes_back(values: list[Any]) -> None:
    taken = fields_of([json.dumps(v) for v in values])
    for i, value in enumerate(values):
        assert json.loads(put_together({path: found[i] for path, found in taken.items()})) == value


def gap_model(prompted: int) -> Any:
    """Plain 0, with instructions right in so many of ten, tuned always right."""

    def model(body: dict[str, Any]) -> Any:
        right = ("billing", "login")[number(body) % 2]
        if body["model"] == "tuned":
            return said(right)
        if body["messages"][0]["role"] == "system":
            return said(right if number(body) % 10 < prompted else "unsure")
        return said("hello")

    return model


@pytest.mark.parametrize(
    ("prompted", "target", "verdict"),
    [
        (8, None, "prompt_is_enough"),
        (4, None, "tuning_helps"),
        (8, 0.9, "tuning_helps"),
        (8, 0.7, "prompt_is_enough"),
    ],
)
def test_a_prompt_that_closes_most_of_the_gap_is_enough(
    ladder: Any, prompted: int, target: float | None, verdict: str
) -> None:
    rungs = ("plain", "better_prompt", "tuned")
    result = ladder(gap_model(prompted), topics, tuned=True, arms=rungs, target_score=target)
    assert result.gap_closed == pytest.approx(prompted / 10)
    assert result.gap_closed_low < result.gap_closed < result.gap_closed_high
    assert result.verdict == verdict
    assert result.facts["tuned_vs_prompt"] == "better", "the fact is what was measured, whatever follows from it"
    assert ("do not tune" in result.reason) == (verdict == "prompt_is_enough")


def test_rows_of_one_document_widen_what_is_said_of_the_gap(home: object) -> None:
    names = ("plain", "prompt", "tuned")

    def measured(documents: int) -> float:
        with store.adding() as (batch, _):
            for right, name in zip((0.2, 0.7, 0.9), names, strict=True):
                new = NewEval(name=f"{name}-{documents}", origin="run", source="x")
                rows = (
                    Sample(str(i), cluster=f"d{i % documents}", score=float((i % documents) / documents < right))
                    for i in range(120)
                )
                batch.add(batch.begin(new), rows)
        found = gap_closed(*(f"{name}-{documents}" for name in names))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert measured(20) > 1.8 * measured(120)


def test_the_chart_has_every_rung_and_says_what_is_unknown(ladder: Any) -> None:
    pictured = ladder_svg(ladder(gap_model(4), topics, tuned=True, arms=("majority", "plain", "tuned")))
    assert pictured.startswith("<svg")
    assert all(f">{name}</text>" in pictured for name in ("majority", "plain", "tuned"))
    prices = dict.fromkeys(("usd_per_million_prompt_tokens", "usd_per_million_completion_tokens"))
    unpriced = ladder(gap_model(4), topics, arms=("majority", "better_prompt"), unpriced=True, name="u", **prices)
    assert "unknown: better_prompt" in ladder_svg(unpriced)


def test_a_tuned_curve_names_the_file_to_train_on(ladder: Any) -> None:
    from tools.ladder.curve import CurveRequest, learning_curve

    with pytest.raises(InputError, match=r"tuned on 25%.*not given") as refused:
        ladder(gap_model(1), topics, do=lambda r: learning_curve(CurveRequest(ladder=r, arm="tuned")))
    file = Path(str(refused.value.where))
    assert len(file.read_text().splitlines()) == 15
    assert "--tuned-at 25=NAME" in str(refused.value)


def test_the_cost_of_unknown_prices_is_unknown(ladder: Any) -> None:
    prices = dict.fromkeys(("usd_per_million_prompt_tokens", "usd_per_million_completion_tokens"))
    planned = ladder(gap_model(1), topics, do=plan, arms=("plain", "chain"), **prices)
    assert planned.worst_case_usd is None
    assert planned.prompt_tokens > 0
    assert planned.completion_tokens == planned.requests * 256
    assert ladder(gap_model(1), topics, do=plan, arms=("majority",)).worst_case_usd == Decimal(0)
