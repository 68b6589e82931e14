"""After a job: one change, from what its curves show, as a plan that is ready to approve."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from wire_provider import Provider

from tools.jobs import refresh, view
from tools.jobs.launcher import launch
from tools.jobs.models import Plan
from tools.jobs.next_plan import suggest
from tools.jobs.plan import propose

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
