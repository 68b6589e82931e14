"""Near-duplicates of a file too large to keep: the same are found, in some bytes an example, and cuts are said."""

import json
import random
from pathlib import Path

import pytest

from tools.dataset import LintReport, LintRequest, lint, near_later
from tools.dataset.linter import run


def text(i: int, changed: str = "") -> str:
    draw = random.Random(i)
    said = [f"word{draw.randrange(5_000)}" for _ in range(70)]
    return " ".join([*said[:30], changed or said[30], *said[31:]])


def row(i: int, changed: str = "") -> str:
    turns = [{"role": "user", "content": text(i, changed)}, {"role": "assistant", "content": f"Answer number {i}."}]
    return json.dumps({"messages": turns})


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "most_bytes", lambda: 0.0)


def check(path: Path, **more: object) -> LintReport:
    return lint(LintRequest.model_validate({"path": path, "near_duplicates": True, **more}))


def found(report: LintReport, rule: str) -> list[tuple[str | None, list[int]]]:
    return [(f.message, f.lines) for f in report.findings if f.rule == rule]


def test_a_large_file_gives_the_same_near_duplicates_and_leaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(i) for i in range(300)]
    rows[200], rows[250] = row(20, "purple"), row(30, "grey")
    rows[270] = rows[40]  # word for word: another rule's
    train, validation = tmp_path / "train.jsonl", tmp_path / "validation.jsonl"
    train.write_text("\n".join(rows))
    validation.write_text("\n".join([row(1_000), row(50, "pink"), row(2_000)]))
    kept = check(train, validation=validation)
    assert found(kept, "FT802")[0][1] == [201, 251]
    assert found(kept, "FT817")[0][1] == [51]
    monkeypatch.setattr(run, "most_bytes", lambda: 0.0)
    later = check(train, validation=validation)
    for rule in ("FT801", "FT802", "FT811", "FT817"):
        assert found(later, rule) == found(kept, rule), rule


@pytest.mark.usefixtures("large")
def test_more_likely_pairs_than_are_compared_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_later, "MOST_COMPARED", 3)
    path = tmp_path / "x.jsonl"
    again = [row(i) for i in range(30, 60)]  # word for word: not worth a comparison
    path.write_text("\n".join([*(row(i) for i in range(60)), *again, *(row(i, "purple") for i in range(20))]))
    report = check(path)
    assert next(f.count for f in report.findings if f.rule == "FT802") == 3
    note = next(c.note for c in report.stats.checked if c.name == "the set as a whole")
    assert note == "20 examples may nearly repeat another; 3 of them were compared"


def test_what_is_kept_of_a_text_does_not_grow_with_it() -> None:
    kept = []
    for times in (1, 50):
        later = near_later.Later(0.8)
        for i in range(near_later.TOGETHER):
            later.add(i, " ".join([text(i)] * times))
        assert not later._waiting
        columns = (later._lines, later._whole, *later._bands)
        kept.append(sum(len(c) * c.itemsize for c in columns) / near_later.TOGETHER)
    assert kept == [76, 76]
