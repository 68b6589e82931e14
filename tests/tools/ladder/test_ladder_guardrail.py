"""Guardrails of the ladder: measured by themselves beside a tuned model; a gain with a loss is said as such."""

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))
from evals_wire import said, serving

from tools.endpoint import Endpoint
from tools.errors import InputError
from tools.evals import store
from tools.evals.guardrail import probes
from tools.ladder.climb import climb
from tools.ladder.plan import plan
from tools.ladder.records import LadderRequest, LadderResult

LABELS = ("billing", "login")
N, PROBES = 30, 24
RUNGS = ("plain", "tuned")


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def task(start: int, n: int) -> list[Any]:
    return [{"input": f"topic of message {i}?", "target": LABELS[i % 2]} for i in range(start, start + n)]


@pytest.fixture
def ladder(tmp_path: Path) -> Callable[..., Any]:
    """A tuned model that does the task, and answers so many of 24 probes; the base does the other way round."""

    def go(*, tuned_knows: int = PROBES, do: Any = climb, **more: Any) -> Any:
        def model(body: dict[str, Any]) -> Any:
            asked = body["messages"][-1]["content"]
            number = int("".join(c for c in asked if c.isdigit()) or 0)
            tuned = body["model"] == "tuned"
            if asked.startswith("topic"):
                return said(LABELS[number % 2] if tuned else "Happy to help!")
            return said("paris" if not tuned or number < tuned_knows else "billing")

        with serving(model) as wire:
            go.wire = wire  # type: ignore[attr-defined]
            base = Endpoint(base_url=wire.url, model="base", name="wire")
            asked = [
                {"input": f"capital {i}?", "target": "paris", "category": ("north", "south")[i % 2]}
                for i in range(PROBES)
            ]
            own = write(tmp_path / "capitals.jsonl", asked)
            files = {"train": write(tmp_path / "train.jsonl", task(1000, 40))}
            files |= {"held_out": write(tmp_path / "held_out.jsonl", task(0, N))}
            given = {"endpoint": base, "tuned": base.model_copy(update={"model": "tuned"}), "arms": RUNGS}
            given |= {"usd_per_million_prompt_tokens": 1, "usd_per_million_completion_tokens": 2}
            return do(LadderRequest.model_validate(files | given | {"guardrails": [str(own)]} | more))

    return go


def test_a_gain_with_a_loss_elsewhere_is_said_as_such(ladder: Any) -> None:
    found: LadderResult = ladder(tuned_knows=8)
    assert found.verdict == "tuning_helps"
    assert "The tuned model is better than" in found.reason
    assert "But it got worse elsewhere: overall" in found.reason
    (guarded,) = found.guardrails
    assert (guarded.probes, guarded.n, guarded.lost, guarded.won) == ("capitals", PROBES, PROBES - 8, 0)
    assert guarded.ci_high is not None
    assert guarded.ci_high < 0
    assert any(f"{PROBES - 8} fail now that passed" in w for w in found.warnings)
    assert {s.completion for s in store.samples(guarded.tuned)} == {"paris", "billing"}, "its rows can be read"
    assert "wurde es aber schlechter: insgesamt" in found.because.text("de")


def test_no_loss_is_said_with_what_could_have_been_seen(ladder: Any) -> None:
    found: LadderResult = ladder()
    assert "worse" not in found.reason
    (said_,) = [w for w in found.warnings if w.startswith("Guardrail")]
    assert "no loss is shown" in said_
    assert "would show a loss of" in said_


def test_they_are_planned_priced_and_asked_once(ladder: Any) -> None:
    before = ladder(do=plan)
    assert [(g.name, g.requests) for g in before.guardrails] == [("capitals", 2 * PROBES)]
    assert before.requests == 2 * N + 2 * PROBES
    assert before.worst_case_usd == sum(x.worst_case_usd for x in (*before.arms, *before.guardrails))
    ladder()
    assert len(ladder.wire.requests) == 2 * N + 2 * PROBES
    ladder()
    assert ladder.wire.requests == []


def test_the_general_probes_are_the_default_and_only_beside_a_tuned_model(ladder: Any) -> None:
    general = sum(map(len, probes().values()))
    assert ladder(do=plan, guardrails=["general"]).guardrails[0].requests == 2 * general
    assert LadderRequest.model_fields["guardrails"].default == ("general",)
    assert ladder(do=plan, tuned=None).guardrails == []
    assert ladder(do=plan, arms=("plain",)).guardrails == []


def test_a_budget_without_room_for_them_says_that_a_loss_is_unknown(ladder: Any) -> None:
    planned = ladder(do=plan, max_tokens=1)
    rungs = sum((a.worst_case_usd for a in planned.arms), Decimal(0))
    assert rungs < planned.guardrails[0].worst_case_usd
    found: LadderResult = ladder(max_tokens=1, budget_usd=rungs)
    assert len(ladder.wire.requests) == 2 * N
    assert found.guardrails[0].base == ""
    assert any("not measured" in w and "unknown" in w for w in found.warnings)


def test_a_file_of_probes_that_is_not_there_is_named_before_anything_is_asked(ladder: Any) -> None:
    with pytest.raises(InputError, match="no such file of guardrail probes"):
        ladder(guardrails=["nowhere.jsonl"])
    assert ladder.wire.requests == []
