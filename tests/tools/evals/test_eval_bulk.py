"""Large files take a faster way: same evals, same samples, same refusals, or the slow way where a line is odd."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.thresholds import threshold
from tools.errors import InputError
from tools.evals import importers, store
from tools.evals.importers import ImportRequest, bulk, import_file

Lines = Callable[..., Path]
PAIRED = [
    {"id": f"s{i}", "category": "é\"{" if i % 2 else None, "base_correct": i % 3 == 0, "tuned_correct": True,
     "tuned_completion": "a\nb"} for i in range(60)
]  # fmt: skip
SINGLE = [{"id": i, "score": i / 100, "input": [1, {"a": 2}], "target": "t", "latency_ms": 5} for i in range(60)]


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Every file counts as large; the list tells for each whether the fast way was taken."""
    monkeypatch.setattr(importers, "threshold", lambda name: 0 if name == "evals.bulk_from_mb" else threshold(name))
    taken: list[bool] = []
    real = bulk.import_bulk

    def noticed(*args: Any) -> Any:
        result = real(*args)
        taken.append(result is not None)
        return result

    monkeypatch.setattr(bulk, "import_bulk", noticed)
    return taken


@pytest.mark.parametrize("rows", [PAIRED, SINGLE], ids=["paired", "single"])
def test_both_ways_store_the_same(lines: Lines, fast: list[bool], rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = lines(rows)
    import_file(ImportRequest(file=file, name="fast"))
    assert fast == [True]
    monkeypatch.setattr(importers, "threshold", threshold)
    import_file(ImportRequest(file=file, name="slow"))
    parts = [e.name.removeprefix("slow") for e in store.evals() if e.name.startswith("slow")]
    for part in parts:
        assert store.samples(f"fast{part}") == store.samples(f"slow{part}")
        a, b = store.eval_named(f"fast{part}"), store.eval_named(f"slow{part}")
        assert (a.n, a.score, a.ci_low, a.pass_fail) == (b.n, b.score, b.ci_low, b.pass_fail)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"id": "s0", "base_correct": True, "tuned_correct": True}, r":61: id 's0' stands on line 1"),
        ({"id": "x", "base_correct": "maybe", "tuned_correct": True}, r":61: base_correct must be"),
        ({"id": "x", "tuned_correct": True}, r":61: base_correct is missing"),
        ({"base_correct": True, "tuned_correct": True}, r":61: id is missing"),
        ("{", r":61: the line is not JSON"),
    ],
)
def test_an_odd_line_is_named_as_ever(lines: Lines, fast: list[bool], odd: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        import_file(ImportRequest(file=lines([*PAIRED, odd]), name="t"))
    assert fast == [False]
    assert store.evals() == []


def outcome(file: Path, name: str) -> Any:
    """What an import kept, sample by sample, or what it said."""
    try:
        kept = import_file(ImportRequest(file=file, name=name)).evals
    except InputError as e:
        return str(e).replace(name, "")
    found = [(e.name.removeprefix(name), e.n, e.scored, e.score, e.pass_fail) for e in kept]
    return found, [store.samples(e.name, limit=1000) for e in kept]


@pytest.mark.parametrize("column", ["id", "score", "correct", "prompt_tokens", "base_correct", "base_score"])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_value_means_the_same_either_way(
    tmp_path: Path, fast: list[bool], monkeypatch: pytest.MonkeyPatch, form: str, column: str
) -> None:
    rows: list[dict[str, Any]] = [{"id": f"s{i}", "category": 'a,"b\n', column: i % 2} for i in range(5)]
    if column in ("id", "prompt_tokens"):
        rows = [row | {"score": 0.5, column: f"s{i}" if column == "id" else i} for i, row in enumerate(rows)]
    # The database reads an id that is a fraction as its text; all else must be the same.
    values = (None, -1, "s0") if (form, column) == ("jsonl", "id") else (0.5, None, math.inf, -1, "Yes")
    for number, value in enumerate(values):
        file = tmp_path / f"results{number}.{form}"
        odd = [*rows, rows[0] | {"id": "last", column: value}]
        with file.open("w", encoding="utf-8", newline="") as f:
            if form == "jsonl":
                f.write("".join(json.dumps(row) + "\n" for row in odd))
            else:
                writer = csv.DictWriter(f, odd[0])
                writer.writeheader()
                writer.writerows(odd)
        with monkeypatch.context() as m:
            m.setattr(importers, "threshold", threshold)
            by_line = outcome(file, f"slow{number}")
        assert outcome(file, f"fast{number}") == by_line, value


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_unknown_scores_and_other_names_of_columns_go_the_fast_way(tmp_path: Path, fast: list[bool], form: str) -> None:
    file = tmp_path / f"results.{form}"
    rows = [{"sample_id": f"s{i}", "expected": "t", "base_correct": i % 2, "tuned_correct": 1} for i in range(30)]
    rows.append(rows[0] | {"sample_id": "x", "base_correct": None})
    if form == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        lines = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in row.values()) for row in rows)]
        file.write_text("\n".join(lines), encoding="utf-8")
    assert import_file(ImportRequest(file=file, name="t")).unscored == 1
    assert fast == [True]
    assert [s.target for s in store.samples("t/base", limit=2)] == ["t", "t"]


def test_the_same_large_file_again_and_another_under_its_name(lines: Lines, fast: list[bool]) -> None:
    file = lines(PAIRED)
    assert not import_file(ImportRequest(file=file, name="t")).already_stored
    assert import_file(ImportRequest(file=file, name="t")).already_stored
    with pytest.raises(InputError, match="exists with other content"):
        import_file(ImportRequest(file=lines(PAIRED[:50]), name="t"))
    assert [e.n for e in store.evals()] == [60, 60]


def test_a_column_name_cannot_become_a_statement(lines: Lines, fast: list[bool]) -> None:
    rows = [{"id": i, 'x"; DROP TABLE evals; --_correct': True, "y_correct": False} for i in range(20)]
    result = import_file(ImportRequest(file=lines(rows), name="t"))
    assert len(result.evals) == 2
    assert len(store.evals()) == 2


def test_a_large_file_of_empty_lines_has_no_samples_and_says_so(tmp_path: Path, fast: list[bool]) -> None:
    file = tmp_path / "blank.csv"
    file.write_text("\n" * 50)
    with pytest.raises(InputError, match="there are no samples in it"):
        import_file(ImportRequest(file=file, format="csv"))
    assert fast == [False]
