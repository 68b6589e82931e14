"""A split never leaks, keeps groups whole and every label's share, repeats itself by its seed, overwrites nothing."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import (
    LintRequest,
    SplitReport,
    SplitRequest,
    give_up,
    held_out_rows,
    is_held_out,
    lint,
    refuse_held_out,
    refuse_held_out_file,
    split,
)
from tools.dataset.example import Example
from tools.dataset.near import grams, similarity
from tools.dataset.reading import Reading
from tools.endpoint import Endpoint
from tools.errors import InputError, NotFoundError, RefusedError
from tools.evals.heldout import read_held_out
from tools.evals.prompts import FewShot, Nearest, prepare
from tools.ladder.arms import Bench
from tools.ladder.records import LadderRequest

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


def test_an_example_is_known_again_without_its_system_prompt_and_in_another_format(tmp_path: Path) -> None:
    _, parts = divided(tmp_path, labelled(200))
    held = parts["held_out"][0]
    question, answer = held.turns[0].text, held.turns[1].text
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"instruction": question.upper() + "!", "output": f" {answer}"}) + "\n")
    with pytest.raises(RefusedError, match=r"1 held-out examples .* retrieval \(lines 1; held-out set"):
        refuse_held_out_file(other, "retrieval")
    other.write_text(json.dumps({"input": question, "target": answer}) + "\n")
    with pytest.raises(RefusedError):
        refuse_held_out_file(other, "retrieval")
    other.write_text(json.dumps({"instruction": question + " and something else", "output": answer}) + "\n")
    refuse_held_out_file(other, "retrieval")


def test_a_set_that_was_given_up_may_be_used(tmp_path: Path) -> None:
    report, parts = divided(tmp_path, labelled(200))
    digest = next(p.sha256 for p in report.parts if p.name == "held_out")
    with pytest.raises(NotFoundError, match="no single held-out set"):
        give_up("0" * 12)
    with pytest.raises(NotFoundError):
        give_up(digest[:4])
    assert give_up(digest[:12]).digest == digest
    refuse_held_out(parts["held_out"], "training")


def test_what_was_held_out_stays_so_when_the_set_grows(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", labelled(120))
    split(SplitRequest(path=path, out=tmp_path / "a", seed=1))
    grown = write(tmp_path / "grown.jsonl", labelled(240))
    anew = split(SplitRequest(path=grown, out=tmp_path / "b", seed=2))
    assert any("training on them will be refused" in note for note in anew.notes)
    kept = split(SplitRequest(path=grown, out=tmp_path / "c", seed=3, keep_held_out=True))
    assert any("stay so" in note for note in kept.notes)
    refuse_held_out_file(tmp_path / "c" / "train.jsonl", "training")
    with pytest.raises(RefusedError):
        refuse_held_out_file(tmp_path / "b" / "train.jsonl", "training")


def test_the_same_seed_with_kept_rows_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", labelled(120))
    reports = [split(SplitRequest(path=path, out=tmp_path / n, seed=4, keep_held_out=True)) for n in "ab"]
    assert [p.sha256 for p in reports[0].parts] == [p.sha256 for p in reports[1].parts]


def test_an_answer_without_a_held_out_row_is_named(tmp_path: Path) -> None:
    report, _ = divided(tmp_path, [*labelled(100), ("one of its kind", "rare label")])
    assert any("1 of 5 answers have no held-out row" in n and "rare label" in n for n in report.notes)


def test_a_task_that_stands_in_the_system_prompt_can_be_divided(tmp_path: Path) -> None:
    lines = [
        {"messages": [{"role": "system", "content": f"Text {words * 3}: {i}"},
                      {"role": "user", "content": "Summarise."},
                      {"role": "assistant", "content": f"Summary {i} {words}"}]}
        for i, words in enumerate(q for q, _ in labelled(100))
    ]  # fmt: skip
    path = tmp_path / "all.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    report = split(SplitRequest(path=path, out=tmp_path / "parts"))
    assert {p.name for p in report.parts} == {"train", "validation", "held_out"}


@pytest.mark.parametrize("prompt", [FewShot, Nearest])
def test_held_out_examples_get_into_no_prompt(tmp_path: Path, prompt: type[FewShot] | type[Nearest]) -> None:
    report, _ = divided(tmp_path, labelled(200))
    files = {p.name: Path(p.path) for p in report.parts}
    held_out = read_held_out(files["held_out"])
    assert prepare(prompt(train=files["train"], k=3), held_out).left_out == 0
    for train in (tmp_path / "all.jsonl", files["held_out"]):
        with pytest.raises(RefusedError, match=r"40 held-out examples would be used for (few-shot prompts|retrieval)"):
            prepare(prompt(train=train, k=3), held_out)


def test_the_ladder_climbs_on_no_held_out_example(tmp_path: Path) -> None:
    report, _ = divided(tmp_path, labelled(200))
    files = {p.name: Path(p.path) for p in report.parts}
    endpoint = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", api_key="k")
    given: dict[str, Any] = {"held_out": files["held_out"], "endpoint": endpoint}
    assert Bench(LadderRequest(train=files["train"], **given)).leaked == 0
    with pytest.raises(RefusedError, match="few-shot prompts and retrieval"):
        Bench(LadderRequest(train=tmp_path / "all.jsonl", **given))


def test_a_question_without_words_links_its_groups(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    with path.open("w") as f:
        for i in range(60):
            mark = "😀" if i % 20 == 0 else chr(0x2600 + i)
            turns = [{"role": "user", "content": mark}, {"role": "assistant", "content": f"a{i}"}]
            f.write(json.dumps({"messages": turns, "customer": i // 2}) + "\n")
    report = split(SplitRequest(path=path, out=tmp_path / "o", group_by="customer"))
    sides = {p.name for p in report.parts for e in Reading(Path(p.path)) if e.turns[0].text == "😀"}
    assert len(report.parts) == 3
    assert len(sides) == 1


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


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 15), st.booleans()), min_size=20, max_size=60),
    st.integers(0, 9),
)
def test_no_group_and_no_near_duplicate_is_ever_divided(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, bool]], seed: int
) -> None:
    """Groups by a key, exact and near-duplicates at once: whatever is linked, also by way of others, stays together."""
    folder = tmp_path_factory.mktemp("linked")
    path = folder / "all.jsonl"
    long = " ".join(f"word{i}" for i in range(90))
    with path.open("w") as f:
        for customer, topic, near in rows:
            text = f"{long} about{topic} {'changed' if near else 'first'} end{topic} topic{topic}"
            text = " ".join(f"{w}{topic}" for w in text.split()[:88]) + (" changed" if near else " first")
            turns = [{"role": "user", "content": text}, {"role": "assistant", "content": f"answer {topic}"}]
            f.write(json.dumps({"messages": turns, "customer": customer}) + "\n")
    request = SplitRequest(path=path, out=folder / "o", seed=seed, group_by="customer")
    report = split(request)
    side: dict[tuple[str, object], set[str]] = {}
    for part in report.parts:
        for example in Reading(Path(part.path)):
            side.setdefault(("customer", example.source["customer"]), set()).add(part.name)
            side.setdefault(("topic", example.turns[1].text), set()).add(part.name)
    assert all(len(names) == 1 for names in side.values()), side
    assert sum(p.examples for p in report.parts) == len(rows)
