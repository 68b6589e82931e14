"""The dry run shows what training will learn, what it leaves out and what memory it wants, without a gradient."""

import json
from pathlib import Path
from typing import Any

import pytest
from engine_helpers import BEFORE, ROWS, TAUGHT, conversation, jsonl, living_in

from tools.engine import memory
from tools.engine.dry_run import DryRun, DryRunRequest, dry_run
from tools.engine.recipe import Hyperparameters, resolve
from tools.engine.shown import ShownRow
from tools.errors import InputError


def look(home: Path, tmp_path: Path, rows: list[dict[str, Any]], method: str = "supervised", **numbers: Any) -> DryRun:
    file = tmp_path / "train.jsonl"
    file.write_bytes(jsonl(rows))
    with living_in(home):
        return dry_run(DryRunRequest(training_file=file, model="tiny", method=method, hyperparameters=numbers))


def text(row: ShownRow, kind: str) -> list[tuple[str, str]]:
    return [(m.role, "".join(s.text for s in m.spans if s.kind == kind)) for m in row.messages if m.spans]


def test_what_is_learnt_is_shown_message_by_message(tiny_home: Path, tmp_path: Path) -> None:
    three = {"messages": [*ROWS[0]["messages"], *conversation("é 🙂 ok?", "yes")["messages"]]}
    three["messages"][1] = {**three["messages"][1], "weight": 0}
    found = look(tiny_home, tmp_path, [three, *ROWS])
    first, second = found.first_batch[:2]
    assert text(first, "trained") == [("user", ""), ("assistant", ""), ("user", ""), ("assistant", "yes<|im_end|>")]
    assert "é 🙂 ok?" in text(first, "read")[2][1]
    assert text(second, "trained")[-1] == ("assistant", f"{TAUGHT}<|im_end|>")
    assert second.trained_tokens == sum(s.tokens for m in second.messages for s in m.spans if s.kind == "trained")
    assert second.tokens == sum(s.tokens for m in second.messages for s in m.spans)
    assert (found.rows, found.left_out) == (len(ROWS) + 1, 0)


def test_of_a_pair_both_answers_are_shown_and_told_apart(tiny_home: Path, tmp_path: Path) -> None:
    row = {
        "input": {"messages": ROWS[0]["messages"][:1]},
        "preferred_output": [{"role": "assistant", "content": TAUGHT}],
        "non_preferred_output": [{"role": "assistant", "content": BEFORE}],
    }
    [shown] = look(tiny_home, tmp_path, [row], "dpo").first_batch
    assert [m.role for m in shown.messages] == ["user", "assistant", "assistant"]
    assert TAUGHT in text(shown, "trained")[1][1]
    assert BEFORE in text(shown, "avoided")[2][1]


def test_in_reinforcement_nothing_of_the_row_is_learnt_by_heart(tiny_home: Path, tmp_path: Path) -> None:
    [shown] = look(
        tiny_home, tmp_path, [{"messages": ROWS[0]["messages"][:1], "answer": "x"}], "reinforcement"
    ).first_batch
    assert shown.trained_tokens == 0
    assert {s.kind for m in shown.messages for s in m.spans} == {"read"}


def test_rows_that_do_not_fit_are_named_and_never_cut(tiny_home: Path, tmp_path: Path) -> None:
    rows = [ROWS[0], conversation("word " * 200, TAUGHT), ROWS[1]]
    found = look(tiny_home, tmp_path, rows, max_length=64)
    assert (found.rows, found.left_out, found.left_out_lines, found.max_length) == (2, 1, (2,), 64)
    assert found.longest > 200


@pytest.mark.parametrize(
    ("rows", "numbers", "says"),
    [
        ([{"messages": []}], {}, "line 1 has no list of messages"),
        (
            [{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}],
            {},
            "the base tiny reads only text",
        ),
        (ROWS, {"max_length": 16}, "Raise max_length"),
        (ROWS, {"lora_r": 0}, "lora_r"),
    ],
)
def test_what_the_job_would_fail_with_is_said_now(
    tiny_home: Path, tmp_path: Path, rows: Any, numbers: Any, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        look(tiny_home, tmp_path, rows, **numbers)


def test_memory_grows_with_what_it_is_made_of(tiny_home: Path) -> None:
    shape = memory.shape_of(tiny_home / "models" / "tiny")
    assert shape is not None
    config = json.loads((tiny_home / "models" / "tiny" / "config.json").read_text())
    assert (shape.layers, shape.vocabulary) == (config["num_hidden_layers"], config["vocab_size"])
    assert 50_000 < shape.parameters < 200_000

    def need(method: str = "supervised", longest: int = 100, **numbers: Any) -> int:
        values = resolve(Hyperparameters(**numbers), 100, method).values
        return memory.estimate(shape, values, method, longest, 2)

    assert need() < need(longest=200) < need(longest=200, batch_size=64)
    assert need(lora_r=8) < need(lora_r=64)
    assert need("dpo") > need()
    assert need("reinforcement", answers_per_prompt=8) > need("reinforcement", answers_per_prompt=2)
    assert memory.shape_of(tiny_home) is None
