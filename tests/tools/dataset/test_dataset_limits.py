"""Rules that need a large file or many examples, each shown to speak and to be silent."""

import json
from pathlib import Path

import pytest

from knowledge.backends import Backend, backends
from knowledge.prices import providers
from tools.dataset import LintReport, LintRequest, lint
from tools.dataset.linter import run


def example(i: int, answer: str) -> str:
    value = {
        "messages": [{"role": "user", "content": f"What about {i * 31}?"}, {"role": "assistant", "content": answer}]
    }
    return json.dumps(value)


def check(tmp_path: Path, lines: list[str], **more: object) -> LintReport:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return lint(LintRequest.model_validate({"path": path, **more}))


def found(report: LintReport, rule: str) -> list[tuple[str, list[int]]]:
    return [(f.severity, f.lines) for f in report.findings if f.rule == rule]


@pytest.fixture
def small_backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    """OpenAI with limits that a test can pass."""
    small = backends()["openai"].model_copy(update={"max_examples": {"sft": 20}, "max_file_bytes": 2_000})
    monkeypatch.setattr(run, "backends", lambda: {"openai": small})
    return small


def test_an_over_long_example_is_an_error_where_it_is_cut_and_a_warning_elsewhere(tmp_path: Path) -> None:
    lines = [example(i, f"It is {i}.") for i in range(60)]
    lines[40] = example(40, "one two three four five " * 14_000)  # 70,000 tokens
    assert found(check(tmp_path, lines, provider="openai"), "FT705") == [("error", [41])]
    assert found(check(tmp_path, lines), "FT705") == [("warning", [41])]
    assert found(check(tmp_path, lines, provider="google"), "FT705") == []
    [finding] = [f for f in check(tmp_path, lines, provider="openai").findings if f.rule == "FT705"]
    assert "70,0" in finding.message
    assert "of the answer's 70,0" in finding.message


def test_too_many_examples_and_too_large_a_file(tmp_path: Path, small_backend: Backend) -> None:
    report = check(tmp_path, [example(i, f"It is {i}.") for i in range(60)], provider="openai")
    assert found(report, "FT703") == [("error", [])]
    assert found(report, "FT704") == [("error", [])]
    report = check(tmp_path, [example(i, f"It is {i}.") for i in range(12)], provider="openai")
    assert found(report, "FT703") == found(report, "FT704") == []


def test_a_few_answers_far_longer_than_the_rest(tmp_path: Path) -> None:
    lines = [example(i, f"The answer to question {i} is {i * 7}, as the table says.") for i in range(100)]
    lines[10] = example(10, "pasted whole " * 400)
    assert found(check(tmp_path, lines), "FT812") == [("info", [11])]


def test_lines_of_a_finding_are_bounded_and_its_count_is_exact(tmp_path: Path) -> None:
    report = check(tmp_path, ["{broken"] * 12_000, count_tokens=False)
    [finding] = [f for f in report.findings if f.rule == "FT101"]
    assert (finding.count, len(finding.lines), finding.line) == (12_000, 10_000, 1)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    lines = [example(i, "write to ann@example.org") for i in range(60)]
    report = check(tmp_path, lines, secrets=False, near_duplicates=False, count_tokens=False)
    assert found(report, "FT904") == []
    notes = {c.name: c.note for c in report.stats.checked}
    assert "left out, as asked" in notes["secrets and personal data"]
    assert "--near-duplicates" in notes["the set as a whole"]
    assert report.stats.tokens is None


@pytest.mark.parametrize(
    ("asked", "answered", "words"),
    [(70_000, 20, "loses the whole answer"), (20, 70_000, "of the answer's 70,0")],
)
def test_what_is_cut_of_the_answer_is_said(asked: int, answered: int, words: str, tmp_path: Path) -> None:
    long = {
        "messages": [
            {"role": "user", "content": "word " * asked},
            {"role": "assistant", "content": "word " * answered},
        ]
    }
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(long) + "\n")
    [finding] = [f for f in lint(LintRequest(path=path, provider="openai")).findings if f.rule == "FT705"]
    assert words in finding.message


def test_the_limit_is_that_of_the_base_where_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    text = "word " * 30_000
    path.write_text(
        json.dumps({"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "x"}]})
    )
    short = next(
        name for name, m in providers()["together"].models.items() if m.train_max_tokens and m.train_max_tokens < 30_000
    )

    def over(model: str | None) -> bool:
        report = lint(LintRequest(path=path, provider="together_ai", model=model))
        return "FT705" in {f.rule for f in report.findings}

    assert over(short)
    assert not over(None)
