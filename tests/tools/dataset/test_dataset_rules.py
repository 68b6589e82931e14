"""One rule, one file, one manual page with cases: a case is a small dataset on which the rule speaks or is silent."""

import json
from pathlib import Path

import pytest

from knowledge.sources import sources
from tools.dataset import LintRequest, lint
from tools.dataset.linter.manual import RULES, Case, Manual, manual
from tools.dataset.linter.rule import GROUPS, all_rules

IDS = [r.id for r in all_rules()]
CASES = [(rule, case) for rule in IDS for case in manual(rule).cases]
# These need files too large for a case, or Parquet; test_dataset_limits.py and test_dataset_tables.py prove them.
FAIL_ELSEWHERE = {"FT012", "FT016", "FT703", "FT704", "FT705", "FT812"}


def padding(n: int) -> list[str]:
    """Sound, different examples, so that a case is not about the size of the set."""
    return [
        json.dumps(
            {
                "messages": [
                    {
                        "role": "user",
                        "content": f"What is {i} plus {i * 7}, and why does order {i} matter to shop {i % 9}?",
                    },
                    {"role": "assistant", "content": f"It is {i * 8}. Shop {i % 9} sends order {i} on day {i % 28}."},
                ]
            }
        )
        for i in range(n)
    ]


def write(case: Case, folder: Path) -> tuple[LintRequest, int]:
    """The case's files; returns the request and how many lines stand before the case's own."""
    path = folder / "case.jsonl"
    before = padding(case.pad)
    if case.hex is not None:
        path.write_bytes("".join(f"{line}\n" for line in before).encode() + bytes.fromhex(case.hex))
    else:
        path.write_text("".join(f"{line}\n" for line in [*before, *(case.lines or [])]), newline="")
    more: dict[str, object] = dict(case.options)
    for name in ("validation", "held_out"):
        lines = getattr(case, name)
        if lines is not None:
            more[name] = folder / f"{name}.jsonl"
            (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    for name in ("grader", "response_schema"):
        value = getattr(case, name)
        if value is not None:
            more[name] = folder / f"{name}.json"
            (folder / f"{name}.json").write_text(json.dumps(value))
    return LintRequest.model_validate({"path": path, **more}), len(before)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{r}-{c.name}" for r, c in CASES])
def test_case(rule: str, case: Case, tmp_path: Path) -> None:
    request, before = write(case, tmp_path)
    report = lint(request)
    named = {
        n - before if n is not None else None for f in report.findings if f.rule == rule for n in f.lines or [None]
    }
    assert named == set(case.found_on or []), [f"{f.rule} {f.lines} {f.message}" for f in report.findings]


@pytest.mark.parametrize(
    ("rule", "case"), [(r, c) for r, c in CASES if c.fixed is not None], ids=lambda v: getattr(v, "name", v)
)
def test_fixed(rule: str, case: Case, tmp_path: Path) -> None:
    request, before = write(case, tmp_path)
    out = tmp_path / "fixed.jsonl"
    report = lint(request.model_copy(update={"fix_to": out}))
    assert out.read_text().splitlines()[before:] == case.fixed
    assert report.fix is not None
    assert report.fix.changes[rule] >= 1
    again = lint(request.model_copy(update={"path": out}))
    assert rule not in {f.rule for f in again.findings}


@pytest.mark.parametrize("rule", IDS)
def test_a_rule_has_its_page_and_cases(rule: str) -> None:
    page: Manual = manual(rule)
    assert page.source in sources(), page.source
    for text in (page.what, page.why, page.remedy, page.title):
        assert text.strip()
        assert "!" not in text
    assert any(not c.found_on for c in page.cases), "no case on which the rule is silent"
    if rule not in FAIL_ELSEWHERE:
        assert any(c.found_on for c in page.cases), "no case on which the rule speaks"


def test_every_page_has_its_rule_and_every_file_is_named_by_its_id() -> None:
    for path in RULES.glob("ft*.py"):
        text = path.read_text()
        assert f'Rule("{path.name[:5].upper()}"' in text.replace("Rule(\n    ", "Rule("), path.name
        assert path.with_suffix(".yaml").exists(), path.name
    assert {p.stem for p in RULES.glob("ft*.yaml")} == {p.stem for p in RULES.glob("ft*.py")}


def test_ids_are_unique_and_grouped() -> None:
    assert len(set(IDS)) == len(IDS)
    assert {i[:3] for i in IDS} == set(GROUPS)
