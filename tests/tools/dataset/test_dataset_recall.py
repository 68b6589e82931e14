"""Every fault that the bench plants is named on its own line, and its rule names no sound line."""

import sys
from pathlib import Path

import pytest

from tools.dataset import LintRequest, lint
from tools.dataset.linter import passing

BENCH = Path(__file__).parents[3] / "bench" / "lint"


def test_planted_faults_are_found_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    make_dataset = pytest.importorskip("make_dataset")
    path = tmp_path / "planted.jsonl"
    planted = make_dataset.make(path, 600_000, rate=0.1)
    faulty = {n for lines in planted.values() for n in lines}
    assert planted.keys() == make_dataset.FAULTS.keys()
    named: dict[str, set[int]] = {}
    request = LintRequest(path=path, near_duplicates=False)
    report = lint(request)
    with monkeypatch.context() as patch:
        patch.setattr(passing.Pass, "_gate", lambda self: None)
        careful = lint(request)
    careful.stats.seconds = report.stats.seconds
    assert report == careful
    for finding in report.findings:
        named.setdefault(finding.rule, set()).update(finding.lines)
    for fault, lines in planted.items():
        here = named.get(make_dataset.FAULTS[fault], set())
        assert set(lines) <= here, fault
        assert here <= faulty, fault
    sys.modules.pop("make_dataset", None)
