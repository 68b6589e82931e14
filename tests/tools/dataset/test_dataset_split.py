"""A split never leaks, keeps groups whole and every label's share, repeats itself by its seed, overwrites nothing."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import (
    LintRequest,
    SplitReport,
    SplitRequest,
    held_out_rows,
    is_held_out,
    lint,
    refuse_held_out,
    split,
)
from tools.dataset.example import Example
from tools.dataset.near import grams, similarity
from tools.dataset.reading import Reading
from tools.errors import InputError, NotFoundError, RefusedError

Rows = list[tuple[str, str]]


def write(path: Path, rows: Rows, **more: object) -> Path:
    lines = [
        {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}], **more} for q, a in rows
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return path


def divided(tmp_path: Path, rows: Rows, **more: object) -> tuple[SplitReport, dict[str, list[Example]]]:
    path = write(tmp_path / "all.jsonl", rows)
    report = split(SplitRequest.model_validate({"path": path, "out": tmp_path / "parts", **more}))
    return report, {p.name: list(Reading(Path(p.path))) for p in report.parts}


def labelled(n: int, labels: int = 4) -> Rows:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
    return [
        (f"{words[i % 12]} question {i} about {words[i * 7 % 12]} {i * 31}", f"label_{i % labels}") for i in range(n)
    ]


def test_shares_are_kept_within_every_label(tmp_path: Path) -> None:
    report, parts = divided(tmp_path, labelled(400), validation=0.1, held_out=0.2, seed=3)
    assert {p.name: p.examples for p in report.parts} == {"train": 280, "validation": 40, "held_out": 80}
    for name, size in (("train", 70), ("validation", 10), ("held_out", 20)):
        counts = Counter(e.target.said for e in parts[name] if e.target)
        assert set(counts.values()) <= {size - 1, size, size + 1}, (name, counts)
    assert report.stratified_by == "label"
    assert sum(p.examples for p in report.parts) == 400


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_split(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", labelled(120))
    digests = []
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        report = split(SplitRequest(path=path, out=tmp_path / out, seed=seed))
        digests.append([p.sha256 for p in report.parts])
    assert digests[0] == digests[1] != digests[2]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", labelled(60))
    split(SplitRequest(path=path, out=tmp_path / "out"))
    before = (tmp_path / "out" / "train.jsonl").read_bytes()
    with pytest.raises(InputError, match="already there"):
        split(SplitRequest(path=path, out=tmp_path / "out", seed=9))
    assert (tmp_path / "out" / "train.jsonl").read_bytes() == before


def test_near_duplicates_stay_on_one_side(tmp_path: Path) -> None:
    base = (
        "my card has not arrived although it was sent more than two weeks ago to the old address in the north of town"
    )
    rows = labelled(80) + [(base.replace("two", str(i)), f"label_{i % 4}") for i in range(20)]
    _, parts = divided(tmp_path, rows)
    sides = [name for name, examples in parts.items() for e in examples if "has not arrived" in e.turns[0].text]
    assert len(sides) == 20
    assert len(set(sides)) == 1


def test_groups_by_key_stay_on_one_side(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    with path.open("w") as f:
        for i, (q, a) in enumerate(labelled(200)):
            value = {
                "messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}],
                "customer": i // 5,
            }
            f.write(json.dumps(value) + "\n")
    report = split(SplitRequest(path=path, out=tmp_path / "out", group_by="customer"))
    owner: dict[int, set[str]] = {}
    for part in report.parts:
        for example in Reading(Path(part.path)):
            owner.setdefault(example.source["customer"], set()).add(part.name)
    assert all(len(sides) == 1 for sides in owner.values())
    with pytest.raises(InputError, match="have no 'shop'"):
        split(SplitRequest(path=path, out=tmp_path / "other", group_by="shop"))


def test_too_few_rows_for_a_held_out_set_is_said_not_hidden(tmp_path: Path) -> None:
    report, parts = divided(tmp_path, [("one", "a"), ("two", "b"), ("three", "c")])
    assert len(parts["train"]) == 3
    assert "held_out" not in parts
    assert any("no held-out set was made" in note for note in report.notes)


def test_a_small_held_out_set_says_what_it_cannot_show(tmp_path: Path) -> None:
    report, parts = divided(tmp_path, labelled(60))
    assert len(parts["held_out"]) == 12
    assert any("only 12 examples" in note for note in report.notes)


def test_shares_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", labelled(60))
    with pytest.raises(InputError, match="nothing to train on"):
        split(SplitRequest(path=path, out=tmp_path / "out", validation=0.5, held_out=0.5))


def test_unreadable_lines_are_counted_not_lost_in_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", labelled(60))
    with path.open("a") as f:
        f.write("{broken\n")
    report = split(SplitRequest(path=path, out=tmp_path / "out"))
    assert report.left_out == 1
    assert any("1 lines could not be read" in note for note in report.notes)


def test_the_held_out_set_is_recorded_and_refused_later(tmp_path: Path) -> None:
    report, parts = divided(tmp_path, labelled(200))
    digest = next(p.sha256 for p in report.parts if p.name == "held_out")
    assert len(held_out_rows(digest).prompts) == len(parts["held_out"])
    assert all(is_held_out(e, digest) for e in parts["held_out"])
    assert not any(is_held_out(e) for e in parts["train"])
    refuse_held_out(parts["train"], "training")
    with pytest.raises(RefusedError, match="1 held-out examples would be used for few-shot prompts"):
        refuse_held_out([*parts["train"], parts["held_out"][0]], "few-shot prompts")
    with pytest.raises(NotFoundError):
        held_out_rows("0" * 64)
    with pytest.raises(NotFoundError):
        held_out_rows("../../etc/passwd")


VOCABULARY = ["card", "lost", "sent", "north", "two", "weeks", "old", "new", "why", "where", "when", "money", "bank"]
WORDS = st.sampled_from(VOCABULARY)
ROWS = st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=14).map(" ".join), st.sampled_from("abc")), min_size=1)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 5), st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from([0.0, 0.2, 0.5]))
def test_no_split_ever_leaks(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, seed: int, validation: float, held_out: float
) -> None:
    folder = tmp_path_factory.mktemp("leak")
    report, parts = divided(folder, rows, seed=seed, validation=validation, held_out=held_out)
    assert sum(map(len, parts.values())) == len(rows)
    assert parts["train"]
    for name, examples in parts.items():
        for other, others in parts.items():
            if name >= other:
                continue
            for a in examples:
                for b in others:
                    near = similarity(grams(a.turns[0].text), grams(b.turns[0].text))
                    assert near < 0.8, (a.turns[0].text, b.turns[0].text)
    if "held_out" in parts:
        files = {p.name: Path(p.path) for p in report.parts}
        found = lint(LintRequest(path=files["train"], held_out=files["held_out"], count_tokens=False)).findings
        assert "FT805" not in {f.rule for f in found}
