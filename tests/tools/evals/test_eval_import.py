"""Files of results into the store: what is read, what is refused, and that nothing is half kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.errors import InputError, NotFoundError
from tools.evals import store
from tools.evals.importers import ImportRequest, import_file

Stored = Callable[..., Any]


def test_a_paired_file_becomes_an_eval_for_each_column(stored: Stored) -> None:
    rows = [
        {"id": 1, "category": "a", "base_correct": True, "tuned_correct": True, "few_shot_correct": False},
        {"id": 2, "category": "b", "base_correct": False, "tuned_correct": True, "few_shot_correct": None},
    ]
    result = stored(rows, "tickets")
    assert [e.name for e in result.evals] == ["tickets/base", "tickets/tuned", "tickets/few_shot"]
    assert [(e.n, e.scored, e.score) for e in result.evals] == [(2, 2, 0.5), (2, 2, 1.0), (2, 1, 0.0)]
    assert result.unscored == 1
    assert store.samples("tickets/base")[1] == store.samples("tickets/base", wrong_only=True)[0]


def test_a_file_of_one_eval_keeps_everything_it_says(stored: Stored) -> None:
    row = {
        **{"id": "q", "input": [{"role": "user", "content": "hi"}], "target": "a", "completion": "b", "score": 0.25},
        **{"category": "greeting", "cluster": "d", "latency_ms": 12.5, "prompt_tokens": 9, "completion_tokens": 1},
    }
    stored([row, {"id": "r", "score": True}], "one")
    first, second = store.samples("one")
    assert json.loads(first.input or "") == row["input"]
    assert first._replace(input=None) == (
        "q", "greeting", "d", None, "a", "b", 0.25, None, 12.5, 9, 1, None
    )  # fmt: skip
    assert (second.score, second.correct) == (1.0, True)
    found = store.eval_named("one")
    assert (found.model, found.cost_usd, found.prompt_tokens) == (None, None, None), "unknown stays unknown"


def test_csv(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text('id,category,base_correct,tuned_correct\n1,"a, b",true,1\n2,c,no,\n', encoding="utf-8-sig")
    result = import_file(ImportRequest(file=file))
    assert [e.name for e in result.evals] == ["r/base", "r/tuned"]
    assert [s.correct for s in store.samples("r/base")] == [True, False]
    assert [s.correct for s in store.samples("r/tuned")] == [True, None]
    assert store.samples("r/base")[0].category == "a, b"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": 1, "score": 1}, '{"id": 2, "score": 1'], r"results.jsonl:2: the line is not JSON"),
        ([{"id": 1, "score": 1}, "[1]"], r"results.jsonl:2: a JSON object is wanted, this is a list"),
        ([{"score": 1}], r"results.jsonl:1: id is missing"),
        ([{"id": 1, "score": 1}, {"id": "1", "score": 0}], r"results.jsonl:2: id '1' stands on line 1 already"),
        ([{"id": 1, "score": "high"}], r"results.jsonl:1: score must be a finite number, is 'high'"),
        (['{"id": 1, "score": Infinity}'], r"results.jsonl:1: score must be a finite number, is inf"),
        ([{"id": 1, "base_correct": True}, {"id": 2}], r"results.jsonl:2: base_correct is missing"),
        ([{"id": 1, "base_correct": "maybe"}], r"results.jsonl:1: base_correct must be true or false, is 'maybe'"),
        ([{"id": 1, "target": "a", "completion": "a"}], r"results.jsonl: no line has a score"),
        (["", "  "], r"there are no samples"),
        ([{"id": 1, "score": 1, "latency_ms": "fast"}], r"results.jsonl:1: latency_ms must be"),
        (["[" * 100_000], r"not one JSON document"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line(stored: Stored, rows: list[Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        stored(rows)
    assert store.evals() == [], "nothing is half kept"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "0 bytes"), (b"\x00\x01PNG", "format is not known"), (b'{"id": "\xff", "score": 1}\n', "not UTF-8")],
)
def test_files_of_another_kind(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "upload.bin"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        import_file(ImportRequest(file=file))


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        import_file(ImportRequest(file=tmp_path / "absent.jsonl"))
    with pytest.raises(InputError, match="not a file"):
        import_file(ImportRequest(file=tmp_path))


def test_the_same_file_again_changes_nothing(stored: Stored) -> None:
    rows = [{"id": i, "base_correct": True, "tuned_correct": False} for i in range(3)]
    assert not stored(rows).already_stored
    assert stored(rows).already_stored
    assert len(store.evals()) == 2


def test_other_content_under_the_same_name_is_refused(stored: Stored) -> None:
    stored([{"id": 1, "base_correct": True, "new_correct": True}])
    with pytest.raises(InputError, match=r"exists with other content.*Choose another name"):
        stored([{"id": 1, "other_correct": True, "base_correct": False}])
    assert [e.name for e in store.evals()] == ["t/base", "t/new"], "not even the part that was new"
    assert store.samples("t/base")[0].correct is True


def test_a_broken_last_line_keeps_nothing_of_a_long_file(stored: Stored) -> None:
    with pytest.raises(InputError, match=r":12001:"):
        stored([*({"id": i, "score": 1} for i in range(12_000)), "{"])
    assert store.evals() == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCORE = st.floats(-1e6, 1e6) | st.booleans() | st.none()


@given(rows=st.lists(st.tuples(TEXT, SCORE), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_in_comes_out(lines: Callable[..., Path], rows: list[tuple[str, Any]]) -> None:
    written = [{"id": i, "completion": c, "score": s} for i, (c, s) in enumerate([*rows, ("last", 1)])]
    name = f"p{len(store.evals())}"
    import_file(ImportRequest(file=lines(written), name=name))
    read = store.samples(name)
    assert [s.completion for s in read] == [w["completion"] for w in written]
    assert [s.score for s in read] == [None if w["score"] is None else float(w["score"]) for w in written]  # type: ignore[arg-type]
