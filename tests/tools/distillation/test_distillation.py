"""A teacher's answers: agreed to, budgeted, asked once, filtered, written as a training file."""

import json
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from evals_wire import said, serving

from tools.distillation import terms
from tools.distillation.collect import collect, plan
from tools.distillation.filters import RuleFilters, mark
from tools.distillation.records import DistilRequest, Filters, Judge
from tools.endpoint import Completion, Endpoint
from tools.errors import CancelledError, InputError, RefusedError, UnavailableError
from tools.evals.graders import parse_grader
from tools.evals.prompts import Instructions

FREE = {"usd_per_million_prompt_tokens": Decimal(0), "usd_per_million_completion_tokens": Decimal(0)}


def row(question: str, answer: str | None = None, **more: Any) -> dict[str, Any]:
    turns = [{"role": "system", "content": "Label."}, {"role": "user", "content": question}]
    return {"messages": turns + ([{"role": "assistant", "content": answer}] if answer else []), **more}


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Any]:
    """A request for these rows to a teacher at an address; its terms accepted unless said otherwise."""

    def make(url: str, rows: Iterable[dict[str, Any]], accepted: bool = True, **more: Any) -> DistilRequest:
        prompts = tmp_path / "prompts.jsonl"
        prompts.write_text("".join(json.dumps(r) + "\n" for r in rows))
        teacher = Endpoint(base_url=url, model="big", name="t")
        if accepted:
            terms.accept(teacher, "ann", terms="House terms, 2026-11")
        given = {"max_tokens": 20, "budget_tokens": 100_000, **more}
        return DistilRequest(prompts=prompts, out=tmp_path / "out.jsonl", teacher=teacher, person="ann", **given)

    return make


def learnt(path: Path) -> list[tuple[str, str]]:
    rows = [json.loads(line)["messages"] for line in path.read_text().splitlines()]
    assert all(r[0] == {"role": "system", "content": "Label."} for r in rows)
    return [(r[-2]["content"], r[-1]["content"]) for r in rows]


def echo(body: dict[str, Any]) -> Any:
    return said("re " + body["messages"][-1]["content"])


def test_nothing_is_sent_before_the_terms_are_accepted_and_who_did_is_on_record(ask: Any) -> None:
    with serving(echo) as wire:
        request = ask(wire.url, [row("a")], accepted=False)
        assert not plan(request).terms_accepted
        with pytest.raises(RefusedError, match="ann has not accepted the terms of big at t"):
            collect(request)
        with pytest.raises(InputError, match="are not known here"):
            terms.accept(request.teacher, "ann")
        assert wire.requests == []
        terms.accept(request.teacher, "ann", terms="House terms, 2026-11")
        assert terms.accepted(request.teacher, "bob") is None
        record = collect(request).terms
        assert (record.person, record.title, record.teacher) == ("ann", "House terms, 2026-11", "big at t")


@pytest.mark.parametrize(
    ("url", "model", "says"),
    [
        ("https://api.openai.com/v1", "gpt-4.1", "compete with OpenAI"),
        ("https://x.openai.azure.com/openai/v1", "my-deployment", "Microsoft's terms"),
        ("http://127.0.0.1:1/v1", "ft:smollm2-135m-instruct::abc", "Apache-2.0"),
        ("https://router.example/v1", "anthropic/claude-5", "competing"),
        ("https://notopenai.com.example/v1", "x", "not known here"),
    ],
)
def test_known_terms_are_shown_with_address_and_date(url: str, model: str, says: str) -> None:
    text = terms.shown(Endpoint(base_url=url, model=model))
    assert says in text
    assert "read 2026-" in text or says == "not known here"


def test_a_dataset_is_made_in_the_files_order_and_the_files_own_answer_is_never_sent(ask: Any) -> None:
    with serving(echo) as wire:
        result = collect(ask(wire.url, [row("a", "secret"), row("b"), row("a", "other")]))
        assert learnt(result.out) == [("a", "re a"), ("b", "re b")]
        assert (result.rows, result.asked, result.reused, result.dropped) == (2, 2, 0, {})
        assert "secret" not in json.dumps(wire.requests)


def test_nothing_is_asked_twice_after_a_stop_or_an_endpoint_that_went_down(ask: Any) -> None:
    broken = [True]

    def script(body: dict[str, Any]) -> Any:
        return (503, {"error": {"message": "no"}}) if broken[0] and "4" in str(body["messages"][-1]) else echo(body)

    with serving(script) as wire:
        request = ask(wire.url, [row(str(i)) for i in range(8)], parallel=1)
        with pytest.raises(UnavailableError, match="4 answers are kept; 4 are left"):
            collect(request)
        assert not request.out.exists()
        broken[0] = False
        wire.requests.clear()

        def stop(done: float, total: float | None = None, text: str = "") -> None:
            if done > 5:
                raise CancelledError("stopped")

        with pytest.raises(CancelledError):
            collect(request, stop)
        result = collect(request)
        assert [q for q, _ in learnt(result.out)] == [str(i) for i in range(8)]
        sent = [r["messages"][-1]["content"] for r in wire.requests]
        assert sorted(sent) == sorted(set(sent)) == ["4", "5", "6", "7"]


def test_no_budget_no_request(ask: Any) -> None:
    with serving(echo) as wire:
        request = ask(wire.url, [row("a")], budget_tokens=None)
        with pytest.raises(RefusedError, match="no budget is given for 1 requests"):
            collect(request)
        with pytest.raises(RefusedError, match="cannot be kept without prices"):
            collect(request.model_copy(update={"budget_usd": Decimal(1)}))
        assert wire.requests == []
        assert collect(request.model_copy(update=FREE)).cost_usd == 0


def test_the_budget_is_never_passed_and_what_was_paid_for_is_kept(ask: Any) -> None:
    prices = {"usd_per_million_prompt_tokens": Decimal(1000), "usd_per_million_completion_tokens": Decimal(10_000)}

    def script(body: dict[str, Any]) -> Any:
        return said("x", prompt_tokens=10, completion_tokens=20)

    with serving(script) as wire:
        request = ask(wire.url, [row(str(i)) for i in range(9)], budget_tokens=None, budget_usd=Decimal(1), **prices)
        each = Decimal("0.21")  # 10 x 1000 + 20 x 10 000 dollars a million
        with pytest.raises(RefusedError, match="the budget ends after"):
            collect(request)
        first = len(wire.requests)
        assert 0 < first * each <= 1
        result = collect(request.model_copy(update={"budget_usd": Decimal(10)}))
        assert len(wire.requests) == 9
        assert result.asked == 9 - first
        assert result.cost_usd == each * (9 - first)


def test_an_answer_that_was_lost_is_counted_when_it_is_asked_again(ask: Any) -> None:
    """Each request of ten tokens at most to the endpoint's account, whether or not its answer arrived."""
    tries: dict[str, int] = {}

    def script(body: dict[str, Any]) -> Any:
        tries[body["messages"][-1]["content"]] = seen = tries.get(body["messages"][-1]["content"], 0) + 1
        return (500, {"error": {"message": "no"}}) if seen < 3 else echo(body)

    prices = {"usd_per_million_prompt_tokens": Decimal(0), "usd_per_million_completion_tokens": Decimal(1_000_000)}
    with serving(script) as wire:
        request = ask(wire.url, [row("a")], max_tokens=10, budget_tokens=None, budget_usd=Decimal(25), **prices)
        with pytest.raises(RefusedError, match="no room to ask again after an answer was lost"):
            collect(request)
        assert len(wire.requests) == 2, "a third would make 30 dollars"
        tries.clear()
        result = collect(request.model_copy(update={"budget_usd": Decimal(30)}))
        assert (result.asked, result.lost, result.cost_usd, result.cost_at_most_usd) == (3, 2, None, 22)


def test_to_be_told_to_slow_down_costs_nothing(ask: Any) -> None:
    told: list[int] = []

    def script(body: dict[str, Any]) -> Any:
        told.append(1)
        return (429, {"error": {"message": "slow"}}) if len(told) < 4 else echo(body)

    prices = {"usd_per_million_prompt_tokens": Decimal(0), "usd_per_million_completion_tokens": Decimal(1_000_000)}
    with serving(script) as wire:
        request = ask(wire.url, [row("a")], max_tokens=10, budget_tokens=None, budget_usd=Decimal(10), **prices)
        result = collect(request)
        assert (len(wire.requests), result.lost, result.cost_usd) == (4, 0, 2)


SCHEMA = {"type": "object", "required": ["a"]}
SAYS = {
    "empty": said("  "),
    "cut": said("long", finish_reason="length"),
    "refuses": said("As an AI language model, I cannot help with that."),
    "filtered": (400, {"error": {"message": "content filter"}}),
    "prose": said("hello"),
    "wrong": said('{"b": 1}'),
    "good": said('{"a": 1}'),
    "verbose": said(json.dumps({"a": "x" * 99})),
}


def test_each_filter_keeps_out_what_it_should_and_says_so(ask: Any) -> None:
    with serving(lambda body: SAYS[body["messages"][-1]["content"]]) as wire:
        filters = Filters(json_schema=SCHEMA, most_characters=50)
        result = collect(ask(wire.url, [row(name) for name in SAYS], filters=filters))
        assert learnt(result.out) == [("good", '{"a": 1}')]
        assert result.dropped_file is not None
        dropped = [json.loads(line) for line in result.dropped_file.read_text().splitlines()]
        assert {d["messages"][-1]["content"]: d["why"] for d in dropped} == {
            "empty": "empty",
            "cut": "cut_off",
            "refuses": "refusal",
            "filtered": "endpoint_refused",
            "prose": "not_json",
            "wrong": "schema",
            "verbose": "too_long",
        }


@pytest.mark.parametrize(
    ("schema", "text", "why"),
    [
        ({"type": "string", "pattern": "(a+)+$"}, "a" * 40 + "!", "schema"),
        ({"$id": "http://127.0.0.1:9/base", "properties": {"a": {"$ref": "other"}}}, {"a": 1}, "unjudged"),
        ({"$ref": "#"}, {"a": 1}, "unjudged"),
    ],
)
def test_a_schema_fetches_nothing_and_does_not_run_long(
    schema: dict[str, Any], text: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *a, **k: asked.append(a))
    began = time.monotonic()
    answer = Completion(
        text=json.dumps(text), finish_reason="stop", prompt_tokens=1, completion_tokens=1, latency_ms=1.0
    )
    assert RuleFilters(Filters(json_schema=schema)).reason(answer, None, {}) == why
    assert time.monotonic() - began < 2
    assert asked == []


def test_what_is_no_schema_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(InputError, match="no JSON schema"):
        RuleFilters(Filters(json_schema={"type": "objekt"}))


def test_a_grader_compares_with_the_files_own_answer_where_there_is_one(ask: Any) -> None:
    with serving(lambda body: said("billing")) as wire:
        rows = [row("a", "billing"), row("b", "login"), row("c")]
        result = collect(ask(wire.url, rows, filters=Filters(grader=parse_grader("exact"))))
        assert [q for q, _ in learnt(result.out)] == ["a", "c"]
        assert result.dropped == {"grader": 1}


def test_a_named_judge_marks_each_answer_once(ask: Any) -> None:
    def script(body: dict[str, Any]) -> Any:
        if body["model"] == "big":
            return echo(body)
        asked = body["messages"][-1]["content"]
        return said({"re good": "5", "re bad": "2", "re odd": "4 or 5"}[asked.split("<answer>\n")[1].split("\n")[0]])

    with serving(script) as wire:
        judge = Judge(endpoint=Endpoint(base_url=wire.url, model="judge", name="t"))
        request = ask(wire.url, [row("good"), row("bad"), row("odd")], filters=Filters(judge=judge))
        with pytest.raises(RefusedError, match="terms of judge at t"):
            collect(request)
        terms.accept(judge.endpoint, "ann", terms="House terms, 2026-11")
        assert plan(request).judge_requests == 3
        result = collect(request)
        assert [q for q, _ in learnt(result.out)] == ["good"]
        assert result.dropped == {"judge": 1, "unjudged": 1}
        assert result.asked == 6
        assert collect(request).asked == 0
        assert len(wire.requests) == 6


@pytest.mark.parametrize(
    ("text", "given"), [("5", 5), ("Mark: 3.", 3), ("4 or 5", None), ("", None), ("10", None), ("4/4", 4)]
)
def test_a_mark_is_one_digit_or_none(text: str, given: int | None) -> None:
    answer = Completion(text=text, finish_reason="stop", prompt_tokens=1, completion_tokens=1, latency_ms=1)
    assert mark(answer) == given


def test_the_student_does_without_what_the_teacher_is_told(ask: Any) -> None:
    with serving(echo) as wire:
        result = collect(ask(wire.url, [row("a")], prompt=Instructions(text="The long rules.")))
        assert wire.requests[0]["messages"][0]["content"] == "The long rules."
        assert learnt(result.out) == [("a", "re a")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"a": 1}, "no `messages`"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "does not end with a question"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "not text"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": [{}]}, "uses tools"),
    ],
)
def test_a_prompt_that_cannot_be_asked_is_named_by_line(ask: Any, line: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=rf"prompts.jsonl:2.*{says}"):
        plan(ask("http://127.0.0.1:9/v1", [row("a"), line]))


def test_the_prompts_are_never_overwritten(ask: Any) -> None:
    request = ask("http://127.0.0.1:9/v1", [row("a")])
    with pytest.raises(InputError, match="would overwrite"):
        collect(request.model_copy(update={"out": request.prompts}))


def test_answers_from_before_are_counted_without_the_judges_requests(ask: Any) -> None:
    with serving(lambda body: said("5" if body["model"] == "judge" else "fine")) as wire:
        collect(ask(wire.url, [row("a"), row("b")]))
        judge = Judge(endpoint=Endpoint(base_url=wire.url, model="judge", name="t"))
        terms.accept(judge.endpoint, "ann", terms="House terms, 2026-11")
        result = collect(ask(wire.url, [row("a"), row("b"), row("c")], filters=Filters(judge=judge)))
    assert (result.asked, result.reused) == (1 + 3, 2)


def test_a_cost_that_the_endpoint_does_not_say_is_unknown_and_not_the_worst_case(ask: Any) -> None:
    def silent(body: dict[str, Any]) -> Any:
        status, answer = said("fine")
        return status, {k: v for k, v in answer.items() if k != "usage"}

    prices = {"usd_per_million_prompt_tokens": Decimal(1), "usd_per_million_completion_tokens": Decimal(1)}
    with serving(silent) as wire:
        assert collect(ask(wire.url, [row("a")], **prices)).cost_usd is None


def test_the_prompts_are_not_overwritten_by_what_was_left_out(ask: Any, tmp_path: Path) -> None:
    with serving(echo) as wire:
        request = ask(wire.url, [row("a")])
        again = request.prompts.rename(tmp_path / "out.dropped.jsonl")
        with pytest.raises(InputError, match="overwrite the prompts"):
            collect(request.model_copy(update={"prompts": again}))
        assert again.is_file()
