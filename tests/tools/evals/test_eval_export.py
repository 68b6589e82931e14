"""Samples for other tools: whole files, nothing overwritten, nothing a spreadsheet would run."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tools.errors import InputError, NotFoundError
from tools.evals.export import ExportRequest, export

ROWS = [
    {"id": "a", "base_correct": True, "tuned_correct": False, "input": '=HYPERLINK("x")', "tuned_completion": "-1\n2"},
    {"id": "b", "base_correct": None, "tuned_correct": True, "input": 'plain, "quoted"', "tuned_completion": None},
]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_for_other_tools(stored: Callable[..., Any], tmp_path: Path, ending: str) -> None:
    stored(ROWS)
    out = tmp_path / f"it's.{ending}"
    result = export(ExportRequest(names=("t/base", "t/tuned"), out=out))
    assert (result.samples, result.bytes) == (4, out.stat().st_size)
    if ending == "csv":
        with out.open(newline="") as f:
            read = list(csv.DictReader(f))
        assert [r["input"] for r in read[:2]] == ['\'=HYPERLINK("x")', 'plain, "quoted"']
        assert [(r["name"], r["score"], r["completion"]) for r in read[2:]] == [
            ("t/tuned", "0.0", "'-1\n2"),
            ("t/tuned", "1.0", ""),
        ]
    else:
        rows = (
            duckdb.connect()
            .execute(f"SELECT name, input, score FROM '{str(out).replace(chr(39), chr(39) * 2)}'")
            .fetchall()
        )
        assert rows[0] == ("t/base", '=HYPERLINK("x")', 1.0)
        assert rows[1][2] is None, "not scored stays unknown"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_nothing_is_overwritten_and_nothing_half_written(stored: Callable[..., Any], tmp_path: Path) -> None:
    stored(ROWS)
    out = tmp_path / "x.csv"
    with pytest.raises(NotFoundError, match="no eval named 't/other'"):
        export(ExportRequest(names=("t/base", "t/other"), out=out))
    assert not out.exists()
    out.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        export(ExportRequest(names=("t/base",), out=out))
    assert out.read_text() == "mine"
    with pytest.raises(InputError, match=r"\.xlsx cannot be written"):
        export(ExportRequest(names=("t/base",), out=tmp_path / "x.xlsx"))
    with pytest.raises(InputError, match="folder cannot be written"):
        export(ExportRequest(names=("t/base",), out=tmp_path / "no" / "x.csv"))
