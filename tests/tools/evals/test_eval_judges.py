"""Models that grade: named, never themselves in silence, held against people, and asked both ways round."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evals_wire import Wire, refused, said, serving

from tools.endpoint import Endpoint
from tools.errors import InputError, RefusedError
from tools.evals import judges
from tools.evals.compare import CompareRequest, compare
from tools.evals.gate import GateRequest, gate
from tools.evals.graders import parse_grader
from tools.evals.graders.judge import Judge, Rubric, last_object
from tools.evals.importers import ImportRequest, import_file
from tools.evals.prefer import Pairwise, PreferRequest, prefer
from tools.evals.run import RunRequest, RunResult, run
from tools.evals.statistics.agreement import agreement
from tools.evals.store.connection import connection

RUBRIC = "Polite, and gives the day of delivery."
HELD_OUT = [{"id": f"q{i}", "input": f"question {i}", "target": f"It comes on day {i}."} for i in range(40)]
Lines = Callable[..., Path]


def model(body: dict[str, Any]) -> Any:
    """The tuned model is polite; the base is in two of three; both also serve as judges."""
    asked = body["messages"][-1]["content"]
    if body["model"] == "judge":
        shown = json.loads(asked)
        grade = "pass" if "please" in shown["answer"] else "fail"
        return said(f'The rubric says {{polite}}. {{"reason": "by the word", "grade": "{grade}"}}')
    number = int(asked.split()[-1])
    return said(f"please wait until day {number}" if body["model"] == "tuned" or number % 3 else f"day {number}")


@pytest.fixture
def wire() -> Any:
    with serving(model) as running:
        yield running


@pytest.fixture
def measured(wire: Wire, lines: Lines) -> Callable[..., RunResult]:
    """Run a model of the wire on the held-out rows with a rubric judge."""
    file = lines(HELD_OUT, "held_out.jsonl")

    def go(tested: str, **more: Any) -> RunResult:
        grader = Rubric(judge=Judge(model="judge", base_url=wire.url), rubric=RUBRIC)
        endpoint = Endpoint(base_url=wire.url, model=tested, name="wire")
        return run(RunRequest(**{"dataset": file, "endpoint": endpoint, "grader": grader, "name": tested} | more))

    return go


def sheet(path: Path, grade: Callable[[str], str]) -> Path:
    """People's grades, by the answer they saw."""
    with path.open(newline="") as f:
        rows = list(csv.DictReader(f))
    with path.open("w", newline="") as f:
        writer = csv.DictWriter(f, ["id", "grade"])
        writer.writeheader()
        writer.writerows({"id": r["id"], "grade": grade(r["answer"])} for r in rows)
    return path


def test_a_judge_sees_the_rubric_the_answer_and_the_target_and_is_asked_once(measured: Any, wire: Wire) -> None:
    result = measured("base")
    assert result.score == pytest.approx(26 / 40)
    asked = [r for r in wire.requests if r["model"] == "judge"]
    assert len(asked) == 40
    shown = json.loads(asked[0]["messages"][-1]["content"])
    assert shown["rubric"] == RUBRIC
    assert shown["one_good_answer"].startswith("It comes on day")
    measured("base", name="again")
    assert len(wire.requests) == 80, "neither the model nor the judge is asked twice"


@pytest.mark.parametrize("tested", ["judge", "ft:judge:shop:abc", "maker/judge", "JUDGE"])
def test_a_model_does_not_judge_itself_in_silence(measured: Any, wire: Wire, tested: str) -> None:
    with pytest.raises(RefusedError, match="judge its own answers"):
        measured(tested)
    assert wire.requests == [], "refused before anything is asked"


def test_said_explicitly_a_model_judges_itself(measured: Any, wire: Wire) -> None:
    wire.script = lambda body: said('{"reason": "mine", "grade": "pass"}')
    own = Rubric(judge=Judge(model="judge", base_url=wire.url, may_judge_itself=True), rubric=RUBRIC)
    assert measured("judge", grader=own).score == 1


def test_an_uncompared_judge_does_not_count(measured: Any) -> None:
    measured("base"), measured("tuned")
    c = compare(CompareRequest(baseline="base", candidate="tuned"))
    assert c.difference == pytest.approx(14 / 40)
    assert c.p_value is not None
    assert c.p_value < 0.001
    assert c.verdict == "insufficient_evidence"
    assert "never compared with a person" in c.reason
    for goal in ({}, {"at_least": 0.5}, {"not_worse_than": 0.1}):
        assert not gate(GateRequest(baseline="base", candidate="tuned", **goal)).passed


def test_a_judge_that_agrees_with_people_counts(measured: Any, tmp_path: Path) -> None:
    measured("base"), measured("tuned")
    out = tmp_path / "sheet.csv"
    assert judges.write_sheet(judges.SheetRequest(eval="base", out=out)) == 40
    assert "pass" not in out.read_text(), "people do not see what the judge said"
    found = judges.measure("base", sheet(out, lambda answer: "yes" if "please" in answer else "no"))
    assert (found.n, found.equal, found.kappa, found.counts) == (40, 40, 1.0, True)
    c = compare(CompareRequest(baseline="base", candidate="tuned"))
    assert c.verdict == "improved"
    assert c.judge is not None
    assert c.judge.counts
    judges.measure("base", out)
    with connection() as con:
        assert con.execute("SELECT count(*) FROM judge_agreements").fetchall() == [(1,)], "the same grades, once"


@pytest.mark.parametrize(
    ("grade", "why"),
    [
        (lambda answer: "fail" if "please" in answer else "pass", "below the bar"),
        (lambda answer: "pass", "same grade"),
        (lambda answer: "pass" if int(answer.split()[-1]) < 8 else "", "30 are needed"),
    ],
)
def test_a_judge_below_the_bar_does_not_count(measured: Any, tmp_path: Path, grade: Any, why: str) -> None:
    measured("base"), measured("tuned")
    out = tmp_path / "sheet.csv"
    judges.write_sheet(judges.SheetRequest(eval="base", out=out))
    found = judges.measure("base", sheet(out, grade))
    assert not found.counts
    assert why in found.reason
    assert compare(CompareRequest(baseline="base", candidate="tuned")).verdict == "insufficient_evidence"


def test_another_rubric_is_another_judge(measured: Any, wire: Wire, tmp_path: Path) -> None:
    measured("base")
    out = tmp_path / "sheet.csv"
    judges.write_sheet(judges.SheetRequest(eval="base", out=out))
    judges.measure("base", sheet(out, lambda answer: "yes" if "please" in answer else "no"))
    other = Rubric(judge=Judge(model="judge", base_url=wire.url), rubric="Gives the day in digits.")
    known = judges.standing(measured("base", grader=other, name="other"))
    assert known is not None
    assert (known.n, known.counts) == (0, False)


@pytest.mark.parametrize(
    ("row", "said_"),
    [({"id": "q1", "grade": "so-so"}, "sheet.jsonl:1: the grade 'so-so'"), ({"id": "zz", "grade": 1}, "none of its 1")],
)
def test_grades_that_cannot_be_read_name_the_line(measured: Any, lines: Lines, row: Any, said_: str) -> None:
    measured("base")
    with pytest.raises(InputError, match=said_):
        judges.measure("base", lines([row], "sheet.jsonl"))


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"grade": "pass"}', 1),
        ('I think. {"reason": "x", "grade": "FAIL"}', 0),
        ('{"grade": "pass"} no wait {"grade": "fail"}', 0),
        ("pass", None),
        ('{"grade": "maybe"}', None),
        ("", None),
    ],
)
def test_a_reply_is_read_strictly(reply: str, score: float | None) -> None:
    assert Rubric(judge=Judge(model="j", base_url="http://x"), rubric=RUBRIC).read(reply).score == score


def test_a_scale_passes_from_its_mark() -> None:
    grader = Rubric(judge=Judge(model="j", base_url="http://x"), rubric=RUBRIC, scale="1-5")
    assert grader.read('{"grade": 4}')[:2] == (0.75, True)
    assert grader.read('{"grade": "3"}')[:2] == (0.5, False)
    assert grader.read('{"grade": 6}').score is None
    assert grader.read('{"grade": true}').score is None
    assert last_object("[1]") == {}


def test_kappa_gives_the_printed_figures() -> None:
    # R's statpsych, ci.kappa(.05, 31, 12, 4, 58), after Fleiss and Paik 2003: 0.6756757 (0.5317210 to 0.8196303).
    first = ["0"] * 43 + ["1"] * 62
    second = ["0"] * 31 + ["1"] * 12 + ["0"] * 4 + ["1"] * 58
    found = agreement(first, second)
    assert found.kappa == pytest.approx(0.6756757, abs=5e-8)
    assert found.kappa_interval.low == pytest.approx(0.5317210, abs=5e-7)
    assert found.kappa_interval.high == pytest.approx(0.8196303, abs=5e-7)
    # Kaptein and van den Heuvel, Statistics for Data Scientists, table 6.1: 0.625.
    table = [("1", "1")] * 20 + [("1", "2")] * 5 + [("2", "1")] * 10 + [("2", "2")] * 65
    assert agreement(*map(list, zip(*table, strict=True))).kappa == pytest.approx(0.625)
    assert agreement(["a"], ["a"]).kappa is None
    assert agreement(["a", "a"], ["a", "b"]).kappa is None


def paired(lines: Lines) -> None:
    rows = [
        {"id": f"s{i}", "input": f"q{i}", "base_completion": f"plain {i}", "base_correct": True,
         "tuned_completion": "plain 0" if i == 0 else f"{'kind' if i < 21 else 'other'} {i}", "tuned_correct": True}
        for i in range(30)
    ]  # fmt: skip
    import_file(ImportRequest(file=lines(rows), name="t"))


def chooser(body: dict[str, Any]) -> Any:
    """Likes kind answers; between two plain ones takes whichever comes first."""
    shown = json.loads(body["messages"][-1]["content"])
    better = next((k for k in "AB" if shown[f"answer_{k}"].startswith("kind")), "A")
    return said(f'{{"reason": "r", "better": "{better}"}}')


def test_an_answer_that_hangs_on_the_order_is_a_tie(lines: Lines) -> None:
    paired(lines)
    with serving(chooser) as wire:
        grader = Pairwise(judge=Judge(model="j", base_url=wire.url), rubric=RUBRIC)
        request = PreferRequest(baseline="t/base", candidate="t/tuned", grader=grader, name="p")
        found = prefer(request)
        assert (found.candidate_preferred, found.baseline_preferred, found.ties) == (20, 0, 10)
        assert (found.position_dependent, found.same, found.unreadable) == (9, 1, 0)
        assert len(wire.requests) == 58, "twice for each but the one whose answers are the same"
        assert found.comparison.p_value == pytest.approx(2 * 0.5**20)
        assert found.comparison.verdict == "insufficient_evidence", "the judge was not held against people yet"
        assert prefer(request) == found
        assert len(wire.requests) == 58
    graded = lines(
        [{"id": f"s{i}", "grade": "candidate" if i in range(1, 21) else "tie"} for i in range(30)], "g.jsonl"
    )
    assert judges.measure("p/candidate", graded).counts
    assert compare(CompareRequest(baseline="p/baseline", candidate="p/candidate")).verdict == "improved"


def test_a_judge_that_refuses_or_babbles_gives_no_grade(lines: Lines) -> None:
    paired(lines)

    def script(body: dict[str, Any]) -> Any:
        return refused(400, "filtered") if 'plain 1"' in body["messages"][-1]["content"] else said("A, I guess")

    with serving(script) as wire:
        grader = Pairwise(judge=Judge(model="j", base_url=wire.url), rubric=RUBRIC)
        found = prefer(PreferRequest(baseline="t/base", candidate="t/tuned", grader=grader, name="p"))
    assert (found.unreadable, found.ties) == (29, 1)


def test_openais_model_graders_ask_the_model_they_name(wire: Wire, lines: Lines) -> None:
    messages = [{"role": "user", "content": "Score {{sample.output_text}} against {{item.target}}"}]

    def script(body: dict[str, Any]) -> Any:
        asked = body["messages"][-1]["content"]
        if body["model"] == "scorer":
            return said('{"steps": "s", "result": 0.5}')
        if body["model"] == "labeller":
            return said(f'{{"steps": "", "result": "{"good" if "day 1" in asked else "bad"}"}}')
        return said(f"day {asked.split()[-1]}")

    score = {"type": "score_model", "name": "s", "model": "scorer", "input": messages, "pass_threshold": 0.5}
    label = {
        "type": "label_model", "name": "l", "model": "labeller", "input": messages,
        "labels": ["good", "bad"], "passing_labels": ["good"],
    }  # fmt: skip
    both = {"type": "multi", "name": "m", "graders": {"a": score, "b": label}, "calculate_output": "a + b / 2"}
    with serving(script) as server:
        made = {}
        for name, given in {"s": score, "l": label, "m": both}.items():
            grader = parse_grader({**given, "base_url": server.url})
            endpoint = Endpoint(base_url=server.url, model="tested", name="w")
            file = lines(HELD_OUT[:4], "h.jsonl")
            made[name] = run(RunRequest(dataset=file, endpoint=endpoint, grader=grader, name=name)).score
        shape = next(r for r in server.requests if r["model"] == "labeller")["response_format"]["json_schema"]
    assert made == {"s": 0.5, "l": 0.25, "m": pytest.approx(0.625)}
    assert shape["schema"]["properties"]["result"]["enum"] == ["good", "bad"]
    with pytest.raises(InputError, match="where that answers is not said"):
        _ = parse_grader(score).judges
    endpoint = Endpoint(base_url="http://127.0.0.1:9/v1", model="scorer", name="w")
    grader = parse_grader({**score, "base_url": "http://127.0.0.1:9/v1"})
    request = RunRequest(dataset=lines(HELD_OUT, "x.jsonl"), endpoint=endpoint, grader=grader)
    with pytest.raises(RefusedError, match="its own answers"):
        run(request)
