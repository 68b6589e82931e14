"""After a job: one change, from what its curves show, as a plan that is ready to approve."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wire_provider import Provider

from tools.errors import InputError, RefusedError
from tools.jobs import next_plan, refresh, view
from tools.jobs.launcher import launch
from tools.jobs.models import JobEvent, Plan, PlanRequest
from tools.jobs.next_plan import suggest
from tools.jobs.plan import propose, propose_again

Make = Callable[..., Plan]

FALLING = [2.0 * math.exp(-i / 8) + 0.1 for i in range(60)]
STORIES = [
    # what the curve did, settings before -> the one change
    ("over-fitting", FALLING, {10: 1.0, 20: 0.6, 30: 0.8, 40: 0.9, 60: 1.1}, {"n_epochs": 3}, ("n_epochs", 1)),
    ("diverged", [2.0] * 10 + [2.0 + 0.2 * i for i in range(30)], {}, {}, ("learning_rate_multiplier", 0.5)),
    ("no learning", [2.0] * 60, {}, {"learning_rate_multiplier": 0.5}, ("learning_rate_multiplier", 1.0)),
    ("still learning", [2.0 - 0.03 * i for i in range(60)], {}, {"n_epochs": 2}, ("n_epochs", 3)),
    ("too few steps", FALLING[:6], {}, {"n_epochs": 1}, ("n_epochs", 4)),
    ("nothing wrong", FALLING, {10: 1.0, 20: 0.6, 30: 0.5, 40: 0.5, 60: 0.5}, {"n_epochs": 3}, None),
]


@pytest.mark.parametrize(("name", "train", "valid", "given", "change"), STORIES, ids=[s[0] for s in STORIES])
def test_the_curve_gives_one_change(
    approved: Make, provider: Provider, name: str, train: list[float], valid: dict[int, float],
    given: dict[str, float], change: tuple[str, float] | None,
) -> None:  # fmt: skip
    job = launch(approved(hyperparameters=given).id, person="ada")
    for step, loss in enumerate(train, 1):
        data = {"step": step, "train_loss": loss} | ({"valid_loss": valid[step]} if step in valid else {})
        provider.say(job.provider_job_id or "", f"Step {step}", data)
    provider.finish(job.provider_job_id or "")
    refresh.refresh(job.id, "local")
    found = suggest(job.id)
    assert "Score base against tuned" in found.first
    if change is None:
        assert found.change is None
        assert found.request is None
        return
    assert found.change is not None
    assert found.request is not None
    assert (found.change.name, found.change.after) == change
    assert found.change.seen_in
    plan, before = propose(found.request), view.get(job.id)
    assert plan.envelope.hyperparameters[change[0]] == change[1]
    assert plan.plan_digest != before.plan_digest
    assert plan.training_name == "tickets.jsonl"


def test_the_next_plan_uses_the_kept_copy(approved: Make, provider: Provider, data: Path) -> None:
    job = launch(approved(hyperparameters={"n_epochs": 1}).id, person="ada")
    for step in range(1, 7):
        provider.say(job.provider_job_id or "", f"Step {step}", {"step": step, "train_loss": 2.0 - step / 10})
    refresh.refresh(job.id, "local")
    data.unlink()
    found = suggest(job.id)
    assert found.request is not None
    assert propose(found.request).envelope.training.rows == 24


def test_rows_that_were_left_out_come_before_the_curve(data: Path) -> None:
    plan = propose(PlanRequest(training_file=data, hyperparameters={"max_length": 256, "n_epochs": 1}))
    said = "of 24 training rows are longer than 256 tokens (the longest: 900) and are left out, not cut."

    def change(out: int, longest: int, which: str = "training") -> tuple[str, float] | None:
        told = {"left_out": out, "longest": longest, "max_length": 256}
        stands: dict[str, Any] = {"message": f"{out} {said}".replace("training", which), "data": told}
        found = next_plan._longer(plan, [JobEvent.model_construct(**stands)])
        return (found.name, found.after) if found else None

    assert change(20, 900) == ("max_length", 900)
    assert change(20, 900, "validation") is None
    assert change(2, 900) is None, "a few rows change little"
    assert change(20, 9000) is None, "a row of 9,000 tokens is for a person to shorten"


def test_a_grader_that_does_not_grade_here_is_said_before_anybody_approves(data: Path) -> None:
    asks_a_model = {"type": "score_model", "name": "x", "model": "gpt-4.1", "input": [], "range": [0, 1]}
    with pytest.raises(InputError, match="score_model"):
        propose(PlanRequest(training_file=data, technique="rft", grader=asks_a_model))


@pytest.mark.parametrize(
    ("fault", "status", "repeat"),
    [("400", "refused", 1), ("", "cancelled", 1), ("", "failed", 1), ("", "succeeded", 0), ("", "running", 0)],
)
def test_the_same_again_after_it_came_to_nothing_is_a_job_of_its_own(
    approved: Make, provider: Provider, data: Path, fault: str, status: str, repeat: int
) -> None:
    if fault:
        provider.faults.append(fault)
    job = launch(approved().id, person="ada")
    if not fault:
        provider.jobs[str(job.provider_job_id)]["status"] = status
        refresh.refresh(job.id, "local")
    assert view.get(job.id).status == status
    request = PlanRequest(training_file=data, backend="wire", base_model="gpt-4.1-mini")
    again = propose_again(request)
    assert again.envelope.repeat == repeat
    assert (again.plan_digest == job.plan_digest) == (repeat == 0)
    posts = len(provider.posts)
    if repeat:
        with pytest.raises(RefusedError, match="nobody has approved"):
            launch(again.id, person="ada")
    assert len(provider.posts) == posts
