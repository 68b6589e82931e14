"""Small parts of the engine: files that survive a crash, numbers that "auto" becomes, rows that can be trained."""

from pathlib import Path
from typing import Any

import pytest

from tools.engine import control, paths, prepare, recipe
from tools.engine.durable import append_line, read_json, read_lines, write_json
from tools.engine.rows import Check
from tools.engine.wire import CreateJob
from tools.errors import UnavailableError


def test_a_line_torn_by_a_crash_is_passed_over_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    append_line(path, {"n": 1})
    with path.open("ab") as f:
        f.write(b'{"n": 2, "tex')
    append_line(path, {"n": 3})
    assert [(number, row["n"]) for number, row in read_lines(path)] == [(1, 1), (3, 3)]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    write_json(path, {"status": "queued"})
    with pytest.raises(TypeError):
        write_json(path, {"status": object()})
    assert read_json(path) == {"status": "queued"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("rows", "epochs"), [(8, 4), (60, 4), (120, 4), (200, 4), (400, 2), (800, 1), (100_000, 1)])
def test_auto_epochs_aim_at_a_hundred_steps(rows: int, epochs: int) -> None:
    resolved = recipe.resolve(recipe.Hyperparameters(), rows)
    assert resolved.values["n_epochs"] == epochs
    assert set(resolved.values) == set(resolved.origins)


def test_given_numbers_are_kept_and_the_multiplier_scales_the_rate() -> None:
    request = CreateJob.model_validate(
        {
            "model": "tiny",
            "training_file": "f",
            "metadata": {"lora_r": "8", "max_length": "64"},
            "method": {"type": "supervised", "supervised": {"hyperparameters": {"learning_rate_multiplier": 2}}},
        }
    )
    resolved = recipe.resolve(recipe.asked(request), 100)
    assert (resolved.values["lora_r"], resolved.values["max_length"]) == (8, 64)
    assert resolved.origins["lora_r"] == "given"
    assert resolved.values["learning_rate"] == pytest.approx(2 * recipe.default("learning_rate_supervised"))


def said(role: str, content: Any = "x", **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


@pytest.mark.parametrize(
    ("method", "row", "fault"),
    [
        ("supervised", {"messages": [said("user"), said("assistant")]}, None),
        ("supervised", {"messages": [said("user"), said("assistant", weight=0), said("assistant")]}, None),
        ("supervised", {"messages": [said("user"), said("assistant", weight=0)]}, "no assistant message"),
        ("supervised", {"messages": [said("user"), said("assistant", weight=2)]}, "weight other than 0 or 1"),
        ("supervised", {"messages": [said("user"), said("robot")]}, "message 2 needs a role"),
        ("supervised", {"messages": [said("user", None), said("assistant")]}, "message 1 has no content"),
        ("supervised", {"messages": [said("user", 3), said("assistant")]}, "content that is not text"),
        ("supervised", {"messages": [said("user", [{"type": "image_url"}]), said("assistant")]}, "image"),
        ("supervised", {"messages": [said("user", [{"type": "text", "text": "x"}]), said("assistant")]}, None),
        ("supervised", {"messages": [said("user"), said("assistant", None, tool_calls=[{}])]}, None),
        ("supervised", {"messages": []}, "no list of messages"),
        ("supervised", [], "not a JSON object"),
        ("dpo", {"messages": [said("user"), said("assistant")]}, "without preferred_output"),
        (
            "dpo",
            {"input": {"messages": [said("user")]}, "preferred_output": [said("assistant")]},
            "non_preferred_output",
        ),
        ("reinforcement", {"messages": [said("user")], "answer": 4}, None),
        ("reinforcement", {"messages": [said("user"), said("assistant")]}, "does not end with a user message"),
    ],
)
def test_rows_are_checked_for_the_method(method: str, row: Any, fault: str | None) -> None:
    found = Check(method)(row)
    assert (found is None) if fault is None else (found is not None and fault in found), found


def test_no_disk_space_for_the_model_is_one_clear_line_and_no_partial_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.engine.prepare.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10_000_000}))
    with pytest.raises(UnavailableError, match=r"no disk space for the model: 700 MB are needed, 10 MB are free") as e:
        prepare.ensure_default()
    assert "\n" not in str(e.value)
    assert [p.name for p in paths.models().iterdir()] == [".prepare.lock"]


def test_a_write_that_fails_midway_keeps_no_partial_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(source: Path, target: Path, say: Any) -> None:
        target.mkdir()
        (target / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tools.engine.prepare._convert", convert)
    with pytest.raises(UnavailableError, match="No space left on device"):
        prepare.ensure_default()
    assert not prepare.prepared()
    assert [p.name for p in paths.models().iterdir()] == [".prepare.lock"]


def test_the_light_installation_names_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.engine.control.importlib.util.find_spec", lambda name: None if name == "torch" else True)
    with pytest.raises(UnavailableError, match=r"missing: torch.*make run.*LIGHT=1"):
        control.ensure_running()
    assert not control.status().installed
