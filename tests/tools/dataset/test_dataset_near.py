"""Near-duplicates: all are found in small sets, some bytes are kept of the texts of a large one, cuts are said."""

import json
import os
import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import LintReport, LintRequest, SplitRequest, lint, near_index, near_pairs, split
from tools.dataset.linter import deep
from tools.dataset.near import Near, grams, groups, similarity
from tools.dataset.near_index import NearIndex
from tools.errors import CancelledError

LEAST = 0.8


def text(i: int, changed: str = "") -> str:
    draw = random.Random(i)
    said = [f"word{draw.randrange(5_000)}" for _ in range(70)]
    return " ".join([*said[:30], changed or said[30], *said[31:]])


def row(i: int, changed: str = "") -> str:
    turns = [{"role": "user", "content": text(i, changed)}, {"role": "assistant", "content": f"Answer number {i}."}]
    return json.dumps({"messages": turns})


def order(draw: random.Random) -> str:
    """Alike in all but two numbers: 0.33 to 0.6."""
    return f"Order {draw.randrange(10**6)} was delayed by {draw.randrange(1, 10)} days, please refund"


def letter(draw: random.Random) -> str:
    """Alike in all but one number: 0.86."""
    return (
        f"Hello, I am writing because my order {draw.randrange(10**6)} has still not come to the address that I gave "
        "you when I paid for it last week"
    )


def slots(draw: random.Random) -> str:
    """Near-duplicates where two of three words are the same; each word stands in very many."""
    return (
        f"Hello, the item{draw.randrange(60)} that I ordered in city{draw.randrange(60)} has still not come and I have "
        f"now waited for {draw.randrange(60)} days so please tell me when it is going to be here"
    )


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_index, "MOST_KEPT", 1_000)
    monkeypatch.setattr(near_index, "AT_ONCE", 500)


def check(path: Path, **more: object) -> LintReport:
    return lint(LintRequest.model_validate({"path": path, "near_duplicates": True, **more}))


def found(report: LintReport, rule: str) -> list[tuple[str | None, list[int]]]:
    return [(f.message, f.lines) for f in report.findings if f.rule == rule]


def near(texts: list[str], against: list[str] | None = None) -> tuple[list[Near], NearIndex]:
    """What is found in texts, or in others against them."""

    def indexed(said: list[str], first: NearIndex | None = None) -> tuple[list[Near], NearIndex]:
        index = NearIndex(LEAST, first)
        for i, one in enumerate(said):
            index.add(i, one)
        return index.pairs(lambda some: ((i, said[i]) for i in some), lambda some: ((i, texts[i]) for i in some)), index

    made, index = indexed(texts)
    return (made, index) if against is None else indexed(against, index)


def most_alike(one: str, others: list[str]) -> float:
    """0 where none is near enough."""
    mine = grams(one)
    best = max((similarity(mine, grams(other)) for other in others), default=0.0)
    return best if best >= LEAST else 0.0


WORDS = st.lists(
    st.sampled_from(["card", "lost", "sent", "north", "two", "weeks", "old", "new", "why", "where", "when", "money"]),
    max_size=16,
)
LONG = st.tuples(st.integers(0, 3), st.lists(st.integers(0, 140), max_size=5)).map(
    lambda made: " ".join(f"w{made[0]}x{i}" if i not in made[1] else "other" for i in range(140))
)
TEXTS = st.lists(st.one_of(WORDS.map(" ".join), LONG), max_size=40)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_what_is_found_is_what_comparing_all_finds(texts: list[str], others: list[str]) -> None:
    made, index = near(texts)
    assert {n.line: n.alike for n in made} == {
        i: best for i, one in enumerate(texts) if (best := most_alike(one, texts[:i]))
    }
    assert all(similarity(grams(texts[n.line]), grams(texts[n.other])) == n.alike for n in made)
    assert {n.line: n.alike for n in near(texts, others)[0]} == {
        i: best for i, one in enumerate(others) if (best := most_alike(one, texts))
    }
    assert not index.note


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_near_duplicates_are_in_one_group(texts: list[str]) -> None:
    group_of, note = groups(texts, range(len(texts)), LEAST)
    for (i, a), (j, b) in combinations(enumerate(texts), 2):
        assert group_of[i] == group_of[j] or similarity(grams(a), grams(b)) < LEAST
    assert not note


def test_one_changed_word_is_found_in_any_length() -> None:
    draw = random.Random(1)
    texts, planted = [], {}
    for i in range(400):
        words = [f"v{draw.randrange(3_000)}" for _ in range(draw.choice((25, 40, 60, 100, 300, 1_500)))]
        texts.append(" ".join(words))
        for _ in range(1 + len(words) // 150):
            words[draw.randrange(len(words))] = "changed"
        planted[400 + i] = " ".join(words)
    made = {n.line: n.other for n in near([*texts, *planted.values()])[0]}
    alike = {i for i, one in planted.items() if similarity(grams(one), grams(texts[i - 400])) >= LEAST}
    assert len(alike) > 350
    assert made == {i: i - 400 for i in alike}


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
    monkeypatch.setattr(near_index, "MOST_KEPT", 1_000)
    monkeypatch.setattr(near_index, "AT_ONCE", 500)
    later = check(train, validation=validation, held_out=validation)
    for rule in ("FT801", "FT802", "FT811"):
        assert found(later, rule) == found(kept, rule), rule
    assert [lines for _, lines in found(later, "FT817")] == [[51]]
    assert next(f.count for f in later.findings if f.rule == "FT817") == 2


@pytest.mark.usefixtures("large")
def test_more_likely_pairs_than_are_compared_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep, "MOST_CHARS", 15_000)
    path = tmp_path / "x.jsonl"
    again = [row(i) for i in range(30, 60)]  # word for word: not worth a comparison
    path.write_text("\n".join([*(row(i) for i in range(60)), *again, *(row(i, "purple") for i in range(20))]))
    report = check(path)
    compared = next(f.count for f in report.findings if f.rule == "FT802")
    assert 0 < compared < 20
    note = next(c.note for c in report.stats.checked if c.name == "the set as a whole")
    assert note == f"20 examples may nearly repeat another; {compared} of them were compared"


@pytest.mark.usefixtures("large")
def test_what_is_kept_of_a_text_does_not_grow_with_it() -> None:
    kept = []
    for times in (2, 50):
        index = NearIndex(LEAST)
        for i in range(250):
            index.add(i, " ".join(text(1_000 * i + k) for k in range(times)))
        index._sift()
        assert not index._runs
        columns = (index._lines, index._sizes, index._whole)
        made = sum(len(c) * c.itemsize for c in columns) + sum(c.nbytes for p in index._sifted for c in p)
        kept.append(made / len(index._lines))
    assert kept == [4 * near_pairs.KEPT + 8 * near_pairs.WORDS + 21] * 2


CROWDS = {"unlike": (order, 0, 40), "alike": (letter, 3_950, 3_999), "in part": (slots, 2_600, 2_900)}


@pytest.mark.parametrize("name", CROWDS)
def test_few_of_each_text_are_compared_in_any_crowd(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_pairs, "WORK", 0)  # as if there were very many
    made, least, most = CROWDS[name]
    looked_at = 0
    likely = near_pairs.Search._likely

    def counted(self: near_pairs.Search, a: "near_pairs.Column", b: "near_pairs.Column") -> "near_pairs.Column":
        nonlocal looked_at
        looked_at += len(a)
        return likely(self, a, b)

    monkeypatch.setattr(near_pairs.Search, "_likely", counted)
    draw = random.Random(3)
    texts = [made(draw) for _ in range(4_000)]
    flagged, index = near(texts)
    entries = 8 * len(texts)
    assert looked_at <= near_pairs.ORDERS * (near_pairs.LEAST_NEIGHBOURS + 1) * entries
    assert least <= len(flagged) <= most
    assert bool(index.note) == (name == "in part")
    against, _ = near(texts, [made(draw) for _ in range(400)])
    assert len(against) >= len(flagged) // 12


def test_exact_repeats_are_compared_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_index, "similarity", lambda *_: pytest.fail("compared"))
    made, index = near(["My card was lost, was it sent?", "my card was lost; was it sent"] * 2_000)
    assert [(n.line, n.other, n.alike) for n in made] == [(i, 0, 1.0) for i in range(1, 4_000)]
    assert not index.note


def test_a_crowd_that_chains_together_is_one_group() -> None:
    draw = random.Random(5)
    group_of, note = groups([letter(draw) for _ in range(3_000)], range(3_000), LEAST)
    assert len(set(group_of)) == 1
    assert not note


def test_what_a_split_left_uncompared_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_pairs, "WORK", 0)
    draw = random.Random(6)
    rows = ({"prompt": slots(draw), "completion": f"answer {i}"} for i in range(1_000))
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    report = split(SplitRequest(path=path, out=tmp_path / "out"))
    assert any("share rare words with so many others" in note for note in report.notes)


def test_the_same_is_found_in_every_process(tmp_path: Path) -> None:
    draw = random.Random(7)
    (tmp_path / "x.json").write_text(json.dumps([slots(draw) for _ in range(600)]))
    code = (
        "import json; from tools.dataset import near_pairs; from tools.dataset.near_index import NearIndex;"
        "near_pairs.WORK = 0; texts = json.load(open('x.json')); index = NearIndex(0.8);"
        "[index.add(i, t) for i, t in enumerate(texts)]; print(index.pairs(lambda some: []), index.crowded)"
    )
    root = str(Path(__file__).parents[3])
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert b"Near(" in said.pop()


def test_the_search_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(row(i // 2, "purple" if i % 2 else "") for i in range(20)))

    def stop(done: float, total: float | None = None, text: str = "") -> None:
        if text == near_pairs.LOOKING:
            raise CancelledError("stopped", remedy="")

    with pytest.raises(CancelledError):
        lint(LintRequest(path=path), stop)
