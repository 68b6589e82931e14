"""The report elsewhere: SARIF that the published schema accepts, HTML that no data can break, a baseline."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from tools.dataset import LintReport, LintRequest, lint
from tools.dataset.linter.manual import manual
from tools.dataset.outputs import apply_baseline, read_baseline, to_html, to_sarif, write_baseline
from tools.errors import InputError

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
# The schema as OASIS publishes it (github.com/oasis-tcs/sarif-spec, sarif-2.1/schema), unchanged.
EVIL = '<img src=x onerror=alert(1)></script><a href="javascript:x">'


def example(question: str, answer: str) -> str:
    return json.dumps({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})


@pytest.fixture
def checked(tmp_path: Path) -> tuple[LintReport, Path]:
    path = tmp_path / "data.jsonl"
    lines = [example(f"{EVIL} {i}", "") for i in range(3)] + ["{broken", example("mail ann@example.org", EVIL)]
    path.write_text("\n".join(lines) + "\n")
    return lint(LintRequest(path=path, provider="all")), path


def test_sarif_is_what_the_published_schema_says(checked: tuple[LintReport, Path]) -> None:
    report, path = checked
    log = to_sarif(report, {path.name: path})
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert len(results) == sum(max(1, len(f.lines)) for f in report.findings)
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in results)
    lines = [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in results if r["ruleId"] == "FT203"]
    assert lines == [1, 2, 3]


def test_html_holds_no_tag_and_no_address_of_the_datas(checked: tuple[LintReport, Path]) -> None:
    report, _ = checked
    page = to_html(report.model_copy(update={"file": EVIL}))
    assert "<img" not in page
    assert "<script" not in page
    assert "</script" not in page
    assert "href" not in re.sub(r"&lt;.*?&gt;", "", page)
    assert "http" not in page.replace("http-equiv", "")
    assert manual("FT203").title in page
    assert "ann@example.org" not in page


def test_a_baseline_hides_what_is_known_and_shows_what_is_new(checked: tuple[LintReport, Path]) -> None:
    report, path = checked
    baseline = path.with_name("baseline.json")
    write_baseline(report, {path.name: path}, baseline)
    assert "ann@example.org" not in baseline.read_text()
    known = read_baseline(baseline)
    quiet = apply_baseline(report, {path.name: path}, known)
    assert quiet.findings == []
    assert quiet.ok
    path.write_text(
        example("a new first line", "fine") + "\n" + path.read_text() + example("and one more", "  ") + "\n"
    )
    again = apply_baseline(lint(LintRequest(path=path, provider="all")), {path.name: path}, known)
    assert {(f.rule, tuple(f.lines)) for f in again.findings if f.severity == "error"} == {("FT203", (7,))}
    assert not again.ok


def test_what_is_no_baseline_is_said(tmp_path: Path) -> None:
    for text in ("", "[]", '{"version": 9, "known": {}}', '{"version": 2, "known": [1]}'):
        (tmp_path / "b.json").write_text(text)
        with pytest.raises(InputError, match="not a baseline file"):
            read_baseline(tmp_path / "b.json")


def test_every_backend_has_a_verdict_and_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(example(f"What about {i * 31} of {i}?", f"It is {i * 7}.") for i in range(60)))
    table = {b.provider: b for b in lint(LintRequest(path=path, provider="all")).backends}
    assert {n for n, b in table.items() if b.verdict == "as_is"} == {
        "openai",
        "azure",
        "together",
        "fireworks",
        "mistral",
        "huggingface_jobs",
        "own_gpu",
        "local",
    }
    assert table["google"].verdict == "after_fix"
    assert "convert --to gemini" in table["google"].reasons[0]
    path.write_text("\n".join(example(f"What about {i * 31} of {i}?", f"It is {i * 7}.") for i in range(4)))
    table = {b.provider: b for b in lint(LintRequest(path=path, provider="all")).backends}
    assert table["openai"].verdict == "no"
    assert "4 examples, at least 10 needed" in table["openai"].reasons
    assert table["fireworks"].verdict == "as_is"
    assert lint(LintRequest(path=path)).backends == []


def test_a_baseline_counts_equal_lines_and_knows_the_validation_file(tmp_path: Path) -> None:
    path, other = tmp_path / "train.jsonl", tmp_path / "elsewhere" / "validation.jsonl"
    other.parent.mkdir()
    sound = [example(f"What about {i * 31} of {i}?", f"It is {i * 7}.") for i in range(60)]
    path.write_text("\n".join([*sound, sound[0]]) + "\n")
    other.write_text(example("an empty answer?", "") + "\n")
    files = {path.name: path, other.name: other}

    def checked_now() -> LintReport:
        return lint(LintRequest(path=path, validation=other))

    write_baseline(checked_now(), files, tmp_path / "baseline.json")
    known = read_baseline(tmp_path / "baseline.json")
    quiet = apply_baseline(checked_now(), files, known)
    assert (quiet.findings, quiet.ok) == ([], True)
    assert quiet.known == sum(max(1, len(f.lines)) for f in checked_now().findings)
    other.write_text(example("fine", "yes") + "\n" + other.read_text() + example("another empty answer?", "") + "\n")
    path.write_text("\n".join([sound[9], *sound, sound[0], sound[0]]) + "\n")
    new = apply_baseline(checked_now(), files, known).findings
    assert {(f.rule, f.file, tuple(f.lines)) for f in new if f.severity != "info"} == {
        ("FT203", other.name, (3,)),
        ("FT801", path.name, (11, 63)),
    }


def test_addresses_in_sarif_are_written_as_the_standard_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my data.jsonl"
    path.write_text(example("q", "") + "\n")
    report = lint(LintRequest(path=path))
    for given, uri in ((path, path.as_uri()), (Path("my data.jsonl"), "my%20data.jsonl")):
        log = to_sarif(report, {path.name: given})
        jsonschema.Draft4Validator(SCHEMA).validate(log)
        found = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["runs"][0]["results"]}
        assert found == {uri}
        assert all(r["partialFingerprints"] for r in log["runs"][0]["results"])


def test_more_places_than_a_code_host_takes_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(example(f"question {i}", "") for i in range(5_100)) + "\n")
    run = to_sarif(lint(LintRequest(path=path, count_tokens=False)), {path.name: path})["runs"][0]
    assert len(run["results"]) == 5_000
    assert "more places" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    jsonschema.Draft4Validator(SCHEMA).validate({"version": "2.1.0", "runs": [run]})


def test_the_page_says_what_the_held_out_set_can_show_and_asks_nobody(tmp_path: Path) -> None:
    path, held = tmp_path / "train.jsonl", tmp_path / "held_out.jsonl"
    path.write_text(
        "\n".join(example(f"What about {i * 31} of {i}?", "yes" if i % 9 else "no") for i in range(90)) + "\n"
    )
    held.write_text("\n".join(example(f"Held {i * 17} of {i}?", "yes") for i in range(40)) + "\n")
    page = to_html(lint(LintRequest(path=path, held_out=held)))
    assert "40 held-out rows can show a difference of 22 points" in page
    assert "Label next" in page
    assert "@media print" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
