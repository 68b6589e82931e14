"""What a held-out set can show before training, and what to label next."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from tools.dataset import LabelNext, LintRequest, lint
from tools.dataset.power import assumption, held_out_power, words


def found_share(n: int, difference: float, changed: float, rounds: int = 1_500) -> float:
    """How often the exact McNemar test finds a difference, by playing the comparison many times."""
    rng = np.random.default_rng(7)
    wins = (changed + difference) / 2
    drawn = rng.multinomial(n, [wins, changed - wins, 1 - changed], size=rounds)
    pairs = [(int(w), int(lost)) for w, lost, _ in drawn]
    known = {p: binomtest(p[0], sum(p)).pvalue if sum(p) else 1.0 for p in set(pairs)}
    return sum(bool(known[p] <= 0.05 and p[0] > p[1]) for p in pairs) / rounds


@pytest.mark.parametrize(("rows", "changed"), [(40, 0.25), (100, 0.15), (320, 0.4)])
def test_the_detectable_difference_is_found_in_four_of_five_simulated_comparisons(rows: int, changed: float) -> None:
    seen = held_out_power(rows, changed).detectable
    assert seen is not None
    assert found_share(rows, seen, max(changed, seen)) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("changed", [0.15, 0.25, 0.4])
def test_the_rows_needed_are_those_of_miettinens_formula_and_a_few_per_cent(changed: float) -> None:
    """n = (z_a sqrt(c) + z_b sqrt(c - d^2))^2 / d^2 (Miettinen 1968); the exact test asks for a little more."""
    for entry in held_out_power(40, changed).rows_for:
        d = entry.difference
        published = (norm.isf(0.025) * changed**0.5 + norm.isf(0.2) * (changed - d * d) ** 0.5) ** 2 / d**2
        assert entry.rows is not None
        assert published <= entry.rows <= published * 1.2 + 10


def test_forty_rows_are_said_as_a_person_would() -> None:
    power = held_out_power(40)
    assert words(power) == "40 held-out rows can show a difference of 22 points; for 5 points you need about 820."
    assert "25%" in assumption(power)
    assert "80%" in assumption(power)
    assert (power.alpha, power.power) == (0.05, 0.8)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (5, "5 held-out rows can show no difference at all; for 10 points you need about 210."),
        (1, "1 held-out row can show no difference at all; for 10 points you need about 210."),
        (900, "900 held-out rows can show a difference of 5 points; for 2 points you need about 5,000."),
        (100_000, "100,000 held-out rows can show a difference of less than 1 point."),
    ],
)
def test_any_number_of_rows_is_said(rows: int, said: str) -> None:
    assert words(held_out_power(rows)) == said


def test_the_assumption_can_be_changed_and_changes_the_figure() -> None:
    figures = [held_out_power(100, share).detectable for share in (0.1, 0.25, 0.5)]
    assert all(a is not None and b is not None and a < b for a, b in pairwise(figures))


def write(path: Path, rows: Sequence[tuple[str, str, str]]) -> Path:
    lines = [
        {"messages": [{"role": r, "content": c} for r, c in zip(("system", "user", "assistant"), row, strict=True)]}
        for row in rows
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def rows_of(label: str, n: int, *, system: str = "Route it.", words: int = 8) -> list[tuple[str, str, str]]:
    return [(system, f"{label} {i} " + " ".join(f"w{i * 7 + j}" for j in range(words)), label) for i in range(n)]


def next_of(path: Path, held_out: Path | None = None) -> dict[tuple[str, str], LabelNext]:
    report = lint(LintRequest(path=path, held_out=held_out))
    return {(f"{n.part} {n.kind}", n.name): n for n in report.stats.label_next}


def test_a_rare_answer_is_named_with_how_many_more_and_why(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", rows_of("returns", 300) + rows_of("billing", 40) + rows_of("legal", 3))
    found = next_of(path)
    assert {k for k in found if k[0] == "train answer"} == {("train answer", "legal")}
    legal = found["train answer", "legal"]
    assert (legal.examples, legal.more) == (3, 27)  # 30 is a tenth of the most frequent
    assert "300" in legal.why


def test_spelling_variants_count_together(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", rows_of("refund", 30) + rows_of("Refund", 4) + rows_of("other", 30))
    assert not [k for k in next_of(path) if k[0] == "train answer"]


def test_a_thin_length_and_a_thin_system_prompt_are_named(tmp_path: Path) -> None:
    rows = rows_of("a", 100) + rows_of("b", 100) + rows_of("a", 5, words=400) + rows_of("b", 6, system="Be brief.")
    found = next_of(write(tmp_path / "a.jsonl", rows))
    (length,) = (v for k, v in found.items() if k[0] == "train length")
    assert length.name.startswith("over ")
    assert (length.examples, length.more) == (5, 15)
    assert found["train system prompt", "Be brief."].more == 14


def test_an_answer_that_the_held_out_set_cannot_measure_is_named(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", rows_of("a", 60) + rows_of("b", 60))
    held = write(tmp_path / "held.jsonl", [(s, f"held {q}", a) for s, q, a in rows_of("a", 15)])
    found = next_of(train, held)
    assert found["held_out answer", "b"].more == 5
    assert ("held_out answer", "a") not in found
    report = lint(LintRequest(path=train, held_out=held, changed_share=0.5))
    assert report.stats.power is not None
    assert (report.stats.power.rows, report.stats.power.changed_share) == (15, 0.5)
    assert lint(LintRequest(path=train)).stats.power is None


def test_an_even_set_asks_for_nothing(tmp_path: Path) -> None:
    assert next_of(write(tmp_path / "a.jsonl", rows_of("a", 60) + rows_of("b", 60))) == {}
