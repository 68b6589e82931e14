"""`report`: the recorded example at once, and two cases side by side."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.decide import decide
from agent.facts import parse_facts
from knowledge.rehearsal_words import LANGUAGES, STEPS, rehearsal
from tools.evals.statistics.proportions import wilson
from tools.report import DecisionRecord
from ui import recording
from ui.cli.report import report


def run(*arguments: str) -> str:
    done = CliRunner().invoke(report, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_example_is_a_filled_page_at_once_and_says_that_it_is_a_recording(tmp_path: Path, home: Path) -> None:
    out = tmp_path / "page.html"
    done = CliRunner().invoke(report, ["--example", "-o", str(out)])
    assert "recording" in done.stderr
    text = out.read_text()
    assert "Example, recorded on" in text
    assert "n=64" in text
    assert not (home / "advisor.db").exists()


def test_two_cases_side_by_side(tmp_path: Path, home: Path) -> None:
    facts = tmp_path / "ours.json"
    facts.write_text(json.dumps({"task_type": "generation", "gaps": ["knowledge"]}))
    table = run("example", str(facts))
    assert table.count("| Best tuned |") == 1
    assert "tuned model: 0." in table
    both = json.loads(run("--example", str(facts), "--json"))["cases"]
    assert [c["case_id"] for c in both] == ["example", "ours"]


@pytest.mark.parametrize("end", ["docx", ""])
def test_another_form_is_refused_in_one_line(tmp_path: Path, end: str) -> None:
    done = CliRunner().invoke(report, ["--example", "-o", str(tmp_path / f"page.{end}")])
    assert "Name a .html, .md or .pdf file" in str(done.exception)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_recorded_verdict_is_what_the_rules_say_today(language: str) -> None:
    page = recording.page(language)
    facts = parse_facts({k: v["value"] for k, v in case()["facts"].items()})
    advice = decide(facts)
    assert (page.decision, page.technique) == (advice.decision, advice.technique)
    assert isinstance(page, DecisionRecord)


def case() -> dict[str, dict[str, dict[str, str]]]:
    return dict(json.loads((recording.FOLDER / "case.json").read_text()))


@pytest.mark.parametrize("name", recording.RUNS)
def test_each_score_follows_from_the_rows_that_were_kept(name: str) -> None:
    lines = (recording.FOLDER / f"{name}.rows.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    found = recording.run_result(name)
    right = sum(row["score"] for row in rows)
    interval = wilson(int(right), len(rows))
    assert (found.scored, found.score) == (len(rows), pytest.approx(right / len(rows)))
    assert (found.ci_low, found.ci_high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_the_recording_holds_together() -> None:
    m, split, plan, job = recording.manifest(), recording.split_report(), recording.plan(), recording.job()
    digests = {p.name: p.sha256 for p in split.parts}
    assert plan.envelope.training.sha256 == digests["train"]
    assert job.status == "succeeded"
    assert (split.seed, job.base_model) == (m.seed, m.base_model)
    assert job.plan_id == plan.id
    assert recording.comparison().n == recording.run_result("tuned").scored
    assert {"python", "torch", "transformers"} <= set(m.versions)


def test_nothing_recorded_names_a_folder_of_the_machine() -> None:
    for path in recording.FOLDER.iterdir():
        text = path.read_text()
        assert "/tmp/" not in text, path.name
        assert "/home/" not in text, path.name
        assert len(text) < 300_000, path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_words(language: str) -> None:
    w = rehearsal(language)
    assert tuple(w.steps) == tuple(w.says) == STEPS
    assert set(w.ways) == set(recording.RUNS)


def test_a_page_from_facts_rests_on_the_evals_named(tmp_path: Path, home: Path) -> None:
    from tools.evals.importers import ImportRequest, import_file

    results = tmp_path / "results.jsonl"
    rows = [{"id": i, "base_correct": i % 3 == 0, "tuned_correct": i % 3 != 1} for i in range(90)]
    results.write_text("".join(json.dumps(r) + "\n" for r in rows))
    import_file(ImportRequest(file=results, name="bank"))
    facts = tmp_path / "ours.json"
    facts.write_text(json.dumps({"task_type": "classification", "gaps": ["accuracy"]}))
    assert "n=90" not in run(str(facts))
    page = run(str(facts), "--eval", "bank/base", "--eval", "bank/tuned")
    assert page.count("n=90") >= 2
    refused = CliRunner().invoke(report, ["example", "--eval", "bank/base"])
    assert "a conversation knows its own evals and jobs" in str(refused.exception)
