"""Base and tuned side by side: which two they are, both answers whole, the differences marked."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tools.endpoint import Completion, Endpoint
from tools.errors import InputError
from tools.jobs import both
from tools.jobs.both import BothAnswers, candidate, differences
from tools.jobs.models import Metric, PlanRequest
from tools.jobs.plan import propose
from ui.cli.jobs import jobs
from ui.cli.jobs_text import show_both


class _Job:
    def __init__(self, **given: Any) -> None:
        self.__dict__.update({"id": "job_1", "metrics": (), "checkpoints": (), "backend": "local", **given})


def test_differences_are_marked_word_by_word() -> None:
    said = differences("The parcel is late.", "The parcel is on its way.")
    assert [(p.text, p.side) for p in said] == [
        ("The parcel is ", "same"), ("late", "base"), ("on its way", "tuned"), (".", "same"),
    ]  # fmt: skip


@given(st.text(), st.text())
def test_both_answers_can_be_read_back_from_the_differences(base: str, tuned: str) -> None:
    found = differences(base, tuned)
    assert "".join(p.text for p in found if p.side != "tuned") == base
    assert "".join(p.text for p in found if p.side != "base") == tuned


def test_both_answers_stand_whole_before_the_marks(capsys: pytest.CaptureFixture[str]) -> None:
    base, tuned = "It is late.", "It is here."
    told = BothAnswers(
        text="?", system="Be brief.", base_model="b", tuned_model="t", base=base, tuned=tuned,
        differences=differences(base, tuned),
    )  # fmt: skip
    show_both(told)
    lines = capsys.readouterr().out.splitlines()
    assert base in lines
    assert tuned in lines
    assert "It is [-late-]{+here+}." in lines
    show_both(told.model_copy(update={"tuned": base}))
    assert "Both say the same." in capsys.readouterr().out


def test_a_step_that_was_not_kept_is_named_with_those_that_were() -> None:
    points = [Metric(step=s, valid_loss=1.0 - s / 10) for s in (1, 2, 3)]
    kept = [{"step_number": 2, "fine_tuned_model_checkpoint": "t:ckpt-step-2"}]
    job: Any = _Job(metrics=points, checkpoints=kept, fine_tuned_model="t")
    assert candidate(job) == (None, "t")
    assert candidate(job, 2) == (2, "t:ckpt-step-2")
    assert candidate(job, 3) == (None, "t")
    with pytest.raises(InputError, match="Kept are: 2"):
        candidate(job, 1)


def test_both_are_asked_the_same_under_the_datas_instruction(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    briefed = [{"messages": [{"role": "system", "content": "Be brief."}, *row["messages"]]} for row in rows]
    data.write_text("".join(json.dumps(row) + "\n" for row in briefed))
    plan = propose(PlanRequest(training_file=data, base_model="/models/mine"))
    job = _Job(fine_tuned_model="ft:mine::1", plan_id=plan.id)
    asked: list[tuple[str, Any]] = []

    def complete(self: Endpoint, messages: Any, **_: Any) -> Completion:
        asked.append((self.model, messages))
        return Completion(text=self.model, finish_reason="stop", prompt_tokens=1, completion_tokens=1, latency_ms=1)

    monkeypatch.setattr(both, "tuned_here", lambda *_: (job, plan))
    monkeypatch.setattr(both.control, "endpoint", lambda _, model: Endpoint(base_url="http://127.0.0.1:1", model=model))
    monkeypatch.setattr(Endpoint, "complete", complete)
    found = both.ask_both("job_1", "Where is it?")
    assert [model for model, _ in asked] == ["/models/mine", "ft:mine::1"]
    assert asked[0][1] == asked[1][1] == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is it?"},
    ]  # fmt: skip
    assert (found.base, found.tuned, found.system) == ("/models/mine", "ft:mine::1", "Be brief.")
    with pytest.raises(InputError, match="no text"):
        both.ask_both("job_1", "  ")


def test_where_answers_are_charged_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(both.view, "report", lambda *_: _Job(backend="openai", fine_tuned_model="ft:x"))
    with pytest.raises(InputError, match="each answer is charged"):
        both.tuned_here("job_1")
    monkeypatch.setattr(both.view, "report", lambda *_: _Job(fine_tuned_model=None))
    with pytest.raises(InputError, match="no tuned model"):
        both.tuned_here("job_1")


def test_plans_are_found_again_with_what_was_decided(data: Path) -> None:
    from tools.jobs.approval import approve, reject

    plan = propose(PlanRequest(training_file=data))
    listed = CliRunner().invoke(jobs, ["list", "--plans"], catch_exceptions=False)
    assert re.search(rf"{plan.id}  .*sft of .* on local, at most 0 USD", listed.output)
    told = json.loads(CliRunner().invoke(jobs, ["list", "--plans", "--json"], catch_exceptions=False).output)
    assert [p["id"] for p in told["plans"]] == [plan.id]
    approve(plan.id, plan.plan_digest, "ada", plan.envelope.worst_case_usd)  # type: ignore[arg-type]
    shown = CliRunner().invoke(jobs, ["show", plan.id], catch_exceptions=False).output
    assert "ada approved it up to 0 USD: open until" in shown
    reject(plan.id, plan.plan_digest, "bob")
    assert "bob rejected it" in CliRunner().invoke(jobs, ["show", plan.id], catch_exceptions=False).output


def test_an_empty_answer_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"base_model": "b", "tuned_model": "t"}
    show_both(BothAnswers(text="q", system="", base=" ", tuned="delivery", differences=(), **names))
    assert "base: b\n(it answered nothing)\n" in capsys.readouterr().out


def test_a_job_is_scored_against_its_base_by_one_command(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = propose(PlanRequest(training_file=data, base_model="/models/mine"))
    job = _Job(id="job_1", fine_tuned_model="ft:mine::1", plan_id=plan.id)
    rows = [("returns", "send it back"), ("delivery", "where is it"), ("billing", "too much")] * 4
    talk = [
        [{"role": "user", "content": f"{q} {n}"}, {"role": "assistant", "content": a}] for n, (a, q) in enumerate(rows)
    ]
    held = tmp_path / "held.jsonl"
    held.write_text("".join(json.dumps({"messages": m}) + "\n" for m in talk))
    right = {m[0]["content"]: m[1]["content"] for m in talk}

    def complete(self: Endpoint, messages: Any, **_: Any) -> Completion:
        text = right[messages[-1]["content"]] if self.model == "ft:mine::1" else "returns"
        return Completion(text=text, finish_reason="stop", prompt_tokens=1, completion_tokens=1, latency_ms=1)

    monkeypatch.setattr("tools.jobs.view.get", lambda *_: job)
    monkeypatch.setattr(both, "tuned_here", lambda *_: (job, plan))
    monkeypatch.setattr(
        "tools.engine.control.endpoint", lambda _, model: Endpoint(base_url="http://127.0.0.1:1", model=model)
    )
    monkeypatch.setattr(Endpoint, "complete", complete)
    arguments = ["score", "job_1", str(held), "--grader", "label"]
    shown = CliRunner().invoke(jobs, arguments, catch_exceptions=False).output
    assert "base /models/mine" in shown
    assert "accuracy 0.333 -> 1.000" in shown
