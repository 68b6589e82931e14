"""Evals as lines of a file, stored in a home of the test's own."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.importers import ImportRequest, ImportResult, import_file

Import = Callable[..., ImportResult]


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as JSONL and give the file."""

    def write(rows: Iterable[Any], name: str = "results.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def stored(lines: Callable[..., Path]) -> Import:
    """Import rows under a name."""

    def store(rows: Iterable[Any], name: str = "t", file: str = "results.jsonl") -> ImportResult:
        return import_file(ImportRequest(file=lines(rows, file), name=name))

    return store


@pytest.fixture
def paired(stored: Import) -> Callable[..., Comparison]:
    """Compare two lists of scores, paired by position."""

    def both(base: list[Any], tuned: list[Any], **more: list[Any]) -> Comparison:
        rows = [
            {"id": i, "base_score": x, "tuned_score": y, **{k: v[i] for k, v in more.items()}}
            for i, (x, y) in enumerate(zip(base, tuned, strict=True))
        ]
        stored(rows)
        return compare(CompareRequest(baseline="t/base", candidate="t/tuned"))

    return both
