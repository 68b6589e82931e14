"""Files that promptfoo, inspect_ai and lm-evaluation-harness made themselves (versions in files/README.md), and the
documented forms of OpenAI Evals and Langfuse."""

import csv
import gzip
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.errors import InputError
from tools.evals import store
from tools.evals.compare import CompareRequest, compare
from tools.evals.importers import ImportRequest, import_file

FILES = Path(__file__).parent / "files"
LM_EVAL = "samples_topics_2026-11-21T07-07-40.086660.jsonl"


def brought(file: Path, name: str = "t") -> dict[str, Any]:
    """Import a file; its evals by the part of their name."""
    result = import_file(ImportRequest(file=file, name=name))
    return {"format": result.format, **{e.name.removeprefix(name).lstrip("/"): e for e in result.evals}}


@pytest.mark.parametrize("file", ["promptfoo.json", "promptfoo.jsonl"])
def test_promptfoo(file: str) -> None:
    found = brought(FILES / file)
    assert found.pop("format") == "promptfoo"
    small, large = "openai:chat:small", "openai:chat:large"
    assert set(found) == {f"{m}/prompt{p}" for m in (small, large) for p in (1, 2)}
    assert {k: (e.n, e.score, e.model) for k, e in found.items()} == {
        **{f"{small}/prompt{p}": (4, 0.75, small) for p in (1, 2)},
        **{f"{large}/prompt{p}": (4, 1.0, large) for p in (1, 2)},
    }
    assert found[f"{small}/prompt1"].cost_usd is None, "promptfoo writes 0 where it knows no price"
    assert found[f"{small}/prompt1"].prompt == "Name the topic in one word: {{q}}"
    c = compare(CompareRequest(baseline=f"t/{small}/prompt1", candidate=f"t/{large}/prompt1"))
    assert (c.n, c.improvements_total, c.verdict) == (4, 1, "insufficient_evidence")
    (flip,) = c.improvements
    assert (flip.target, flip.baseline_completion, flip.candidate_completion) == (
        "delivery",
        "The topic is delivery.",
        "delivery",
    )
    assert store.samples(f"t/{small}/prompt1")[0].category == "money"


@pytest.mark.parametrize("file", ["inspect.json", "inspect.eval"])
def test_inspect(file: str) -> None:
    found = brought(FILES / file)
    assert found.pop("format") == "inspect"
    assert {k: (e.n, e.score, e.model, e.dataset) for k, e in found.items()} == {
        "match": (4, 1.0, "openai/small", "topics"),
        "includes": (4, 1.0, "openai/small", "topics"),
    }
    by_id = {s.sample_id: s for s in store.samples("t/match")}
    assert set(by_id) == {"b1", "l1", "3", "7"}
    assert (by_id["b1"].category, by_id["b1"].input, by_id["b1"].completion) == (
        "money",
        "I was charged twice",
        "billing",
    )
    assert by_id["7"].target == '["Paris","paris"]'
    assert by_id["b1"].prompt_tokens == 7
    assert (by_id["b1"].latency_ms or 0) > 0


def test_inspect_logs_of_both_kinds_pair() -> None:
    brought(FILES / "inspect.json", "a")
    brought(FILES / "inspect.eval", "b")
    assert compare(CompareRequest(baseline="a/match", candidate="b/match")).n == 4


def test_epochs_of_one_sample_are_not_independent() -> None:
    found = brought(FILES / "inspect_epochs.eval", "a")
    brought(FILES / "inspect_epochs.eval", "b")
    assert found["match"].n == 8
    assert {(s.sample_id, s.cluster) for s in store.samples("a/match")} >= {("b1", "b1"), ("b1#2", "b1")}
    c = compare(CompareRequest(baseline="a/match", candidate="b/match"))
    assert "4 clusters" in c.test


def test_lm_eval(tmp_path: Path) -> None:
    found = brought(FILES / LM_EVAL)
    assert found.pop("format") == "lm-eval"
    ((_, e),) = found.items()
    assert (e.n, e.score, e.model, e.dataset, e.grader, e.seed) == (4, 0.5, "small", "topics", "exact_match", 0)
    third = store.samples("t")[2]
    assert (third.sample_id, third.target, third.completion, third.correct) == (
        "2",
        "delivery",
        "The topic is delivery.",
        False,
    )
    assert "Where is my parcel" in (third.input or "")
    alone = tmp_path / LM_EVAL
    shutil.copy(FILES / LM_EVAL, alone)
    assert brought(alone, "alone")[""].model is None, "without the results file the model is unknown"


# What each tool's own summary says of the file is in the file beside the samples; these are its figures.


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_promptfoo_score_passed_and_named_metrics_are_three_things(ending: str) -> None:
    found = brought(FILES / f"promptfoo_metrics.{ending}")
    small = {k.removeprefix("openai:chat:small/prompt1"): e for k, e in found.items() if k.startswith("openai")}
    # promptfoo: score 6.4, 6 passed, 1 failed, 1 error.
    assert (small[""].n, small[""].scored) == (8, 7)
    assert small[""].score == pytest.approx(6.4 / 7)
    assert small["/pass"].score == pytest.approx(6 / 7)
    assert (small["/exact"].scored, small["/exact"].score) == (4, 0.75)
    assert {"/speed", "/named", "/form"} < set(small)


def test_promptfoo_csv_pairs_with_its_json_and_says_what_it_lacks() -> None:
    brought(FILES / "promptfoo_metrics.json", "a")
    result = import_file(ImportRequest(file=FILES / "promptfoo_metrics.csv", name="b"))
    assert "two decimals" in result.notes[0]
    part = "openai:chat:small/prompt1/form"
    assert compare(CompareRequest(baseline=f"a/{part}", candidate=f"b/{part}")).n == 2


def test_inspect_gives_what_inspect_says() -> None:
    file = FILES / "inspect_reducers.json"
    found = brought(file)
    for listed in json.loads(file.read_text())["results"]["scores"]:
        own = listed["name"] if listed["name"] == listed["scorer"] else f"{listed['scorer']}/{listed['name']}"
        part = own if listed["reducer"] == "mean" else f"{own}/{listed['reducer']}"
        says = listed["metrics"].get("accuracy", listed["metrics"].get("mean"))["value"]
        assert found[part].score == pytest.approx(says), part
    assert (found["match"].n, found["match"].scored, found["match/max"].n) == (14, 12, 6)


def test_an_inspect_run_that_was_not_finished_is_said(tmp_path: Path) -> None:
    log = json.loads((FILES / "inspect_reducers.json").read_text()) | {"status": "cancelled"}
    file = tmp_path / "log.json"
    file.write_text(json.dumps(log))
    assert "not finished" in import_file(ImportRequest(file=file, name="t")).notes[0]


@pytest.mark.parametrize(("task", "stamp"), [("topics", "12-34-08.359882"), ("choice", "12-37-28.368645")])
def test_lm_eval_gives_what_lm_eval_says(task: str, stamp: str) -> None:
    file = FILES / f"samples_{task}_2026-11-21T{stamp}.jsonl"
    result = import_file(ImportRequest(file=file, name="t"))
    says = json.loads((FILES / f"results_2026-11-21T{stamp}.json").read_text())["results"][task]
    assert len(result.evals) == 2
    for e in result.evals:
        metric = e.grader or ""
        key = f"{metric},none" if " " not in metric else metric.replace(" (", ",").removesuffix(")")
        assert e.score == pytest.approx(says[key]), e.name
    assert "for the whole file only" in result.notes[0], "BLEU and the Brier score have no score a sample"
    if task == "choice":
        assert {s.target for s in store.samples("t/acc")} == {"billing", "delivery", "login"}
    else:
        second = store.samples("t/strict")[1]
        assert (second.completion, second.details) == ("The topic is delivery.", '{"filtered":"[invalid]"}')


def test_an_lm_eval_file_without_a_score_a_sample_is_refused() -> None:
    with pytest.raises(InputError, match="word_perplexity"):
        brought(FILES / "samples_rolling_2026-11-21T12-37-28.368645.jsonl")


def test_repeats_share_a_cluster_with_the_first(tmp_path: Path) -> None:
    rows = json.loads((FILES / "promptfoo_metrics.json").read_text())["results"]["results"]
    for row in rows:
        row["testCase"].pop("metadata", None)
    file = tmp_path / "p.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    brought(file)
    parcels = [s for s in store.samples("t/openai:chat:small/prompt1") if "parcel?" in (s.input or "")]
    assert len({s.sample_id for s in parcels}) == 2
    assert len({s.cluster for s in parcels}) == 1
    assert parcels[0].cluster


def output_item(i: int, score: float, **more: Any) -> dict[str, Any]:
    """An output item as the API reference documents it."""
    return {
        "id": f"outputitem_{i}", "object": "eval.run.output_item", "created_at": 1,
        "run_id": "evalrun_1", "eval_id": "eval_1",
        "status": "pass" if score else "fail", "datasource_item_id": i,
        "datasource_item": {"question": f"q{i}", "correct_label": "Hardware"},
        "results": [{"name": "match", "type": "string-check-grader", "passed": bool(score), "score": score}],
        "sample": {
            "model": "gpt-4.1-mini", "seed": 42, "finish_reason": "stop", "error": None,
            "input": [{"role": "user", "content": f"q{i}"}], "output": [{"role": "assistant", "content": "Hardware"}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13, "cached_tokens": 0},
        },
        **more,
    }  # fmt: skip


PAGE = {"data": None, "has_more": False, "object": "list"}


@pytest.mark.parametrize(
    "form",
    [
        lambda items: "\n".join(map(json.dumps, items)),
        lambda items: json.dumps(items),
        lambda items: json.dumps({"object": "list", "data": items}),
        lambda items: json.dumps(PAGE | {"data": items}, indent=2),
        lambda items: "\n".join(json.dumps(PAGE | {"data": part}) for part in (items[:2], items[2:])),
    ],
    ids=["lines", "array", "list", "a page as the client dumps it", "several pages"],
)
def test_openai_output_items(tmp_path: Path, form: Any) -> None:
    from openai.types.evals.runs import OutputItemListResponse

    items = [output_item(i, float(i % 2)) for i in range(4)]
    items[3]["sample"]["error"] = {"code": "rate_limit", "message": "x"}
    given = {"max_completion_tokens": 16, "temperature": 0.0, "top_p": 1.0}
    OutputItemListResponse.model_validate({**items[3], "sample": {**items[3]["sample"], **given}})
    file = tmp_path / "items.jsonl"
    file.write_text(form(items))
    found = brought(file)
    assert found["format"] == "openai-evals"
    e = found[""]
    assert (e.n, e.scored, e.model, e.seed, e.prompt_tokens) == (4, 3, "gpt-4.1-mini", 42, 44)
    assert store.samples("t")[1][:8] == (
        "1", None, None, '[{"role":"user","content":"q1"}]', "Hardware", "Hardware", 1.0, True
    )  # fmt: skip


def test_openai_event_log(tmp_path: Path) -> None:
    run = {"completion_fns": ["gpt-4"], "eval_name": "topics.dev.v0", "base_eval": "topics", "run_config": {"seed": 7}}

    def event(number: int, kind: str, **data: Any) -> dict[str, Any]:
        return {"run_id": "r", "event_id": number, "sample_id": f"topics.dev.{number // 2}", "type": kind, "data": data}

    events = [
        {"spec": run},
        event(0, "sampling", prompt="q0", sampled=["a"]),
        event(1, "match", correct=True, expected="a", picked="a"),
        event(3, "match", correct=False, expected="b", picked="a"),
        {"final_report": {"accuracy": 0.5}},
    ]
    file = tmp_path / "log.jsonl"
    file.write_text("\n".join(map(json.dumps, events)))
    e = brought(file)[""]
    assert (e.n, e.score, e.model, e.dataset, e.seed) == (2, 0.5, "gpt-4", "topics", 7)
    assert store.samples("t")[0].input == "q0"


def test_langfuse(tmp_path: Path) -> None:
    traces = [
        {"id": f"tr{i}", "projectId": "p", "input": {"q": i}, "output": "a", "latency": 1.5,
         "metadata": {"dataset_item_id": f"item{i}", "expected_output": "a"},
         "scores": [{"name": "exact", "value": i % 2}, {"name": "helpful", "value": 0.25 * i}]}
        for i in range(4)
    ]  # fmt: skip
    traces[3]["scores"] = [{"name": "exact", "value": None, "stringValue": "True"}]
    file = tmp_path / "traces.json"
    file.write_text(json.dumps(traces))
    found = brought(file)
    assert found.pop("format") == "langfuse"
    assert {k: (e.n, e.scored, e.pass_fail) for k, e in found.items()} == {
        "exact": (4, 4, True),
        "helpful": (4, 3, False),
    }
    first = store.samples("t/exact")[0]
    assert (first.sample_id, first.target, first.latency_ms) == ("item0", "a", 1500)


TABLE = [
    {"id": f"tr{i}", "timestamp": "2026-11-21T00:00:00Z", "name": "chat", "userId": None, "sessionId": None,
     "tags": ["a"], "input": {"q": i}, "output": "a", "metadata": {}, "latency": 1.5, "level": "DEFAULT",
     "errorCount": 0, "observationCount": 1, "inputTokens": 5, "outputTokens": 0, "exact": [i % 2], "kind": ["polite"],
     "passed": None if i == 0 else ["True"]}
    for i in range(4)
]  # fmt: skip


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_langfuse_table_of_traces(tmp_path: Path, ending: str) -> None:
    """In the exported table each score's name is a column of lists."""
    file = tmp_path / f"traces.{ending}"
    if ending == "csv":
        with file.open("w", newline="") as f:
            out = csv.DictWriter(f, TABLE[0])
            out.writeheader()
            cells = (str, int, float, type(None))
            out.writerows({k: v if isinstance(v, cells) else json.dumps(v) for k, v in r.items()} for r in TABLE)
    else:
        file.write_text(json.dumps(TABLE) if ending == "json" else "\n".join(map(json.dumps, TABLE)))
    result = import_file(ImportRequest(file=file, name="t"))
    assert result.format == "langfuse"
    assert {e.name: (e.n, e.scored, e.score) for e in result.evals} == {
        "t/exact": (4, 4, 0.5),
        "t/passed": (4, 3, 1.0),
    }
    assert "leaves zeros out" in result.notes[0]
    assert (store.samples("t/exact")[0].prompt_tokens, store.samples("t/exact")[0].completion_tokens) == (5, None)


def test_langfuse_table_of_scores(tmp_path: Path) -> None:
    rows = [
        {"id": f"s{i}{n}", "traceId": f"tr{i}", "sessionId": None, "datasetRunId": None, "source": "API", "name": n,
         "dataType": kind, "value": value, "stringValue": None, "comment": None}
        for i in range(3) for n, kind, value in (("exact", "BOOLEAN", i % 2), ("tone", "CATEGORICAL", 0))
    ]  # fmt: skip
    file = tmp_path / "scores.json"
    file.write_text(json.dumps(rows))
    result = import_file(ImportRequest(file=file, name="t"))
    ((e),) = result.evals
    assert (e.name, e.n, e.score) == ("t", 3, pytest.approx(1 / 3))
    assert result.notes == ["tone: categories and not numbers: left out"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", {"evalId": "e", "results": {"results": []}}, "promptfoo results"),
        ("x.json", {"eval_id": 1, "task": "t"}, "samples of an inspect log"),
        ("x.jsonl", {"doc_id": 0, "filtered_resps": []}, "lm-evaluation-harness"),
        ("x.jsonl", {"object": "eval.run.output_item"}, "graded output items"),
        ("x.json", [{"scores": [], "output": 1, "traceId": "x"}], "traces with scores"),
    ],
)
def test_a_file_of_the_right_kind_without_results(tmp_path: Path, name: str, content: Any, said: str) -> None:
    file = tmp_path / name
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=said):
        brought(file)
    assert store.evals() == []


def test_damaged_archives(tmp_path: Path) -> None:
    whole = (FILES / "inspect.eval").read_bytes()
    cut = tmp_path / "cut.eval"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="archive cannot be read"):
        brought(cut)
    flipped = bytearray(whole)
    flipped[200:260] = bytes(60)
    wrong = tmp_path / "flipped.eval"
    wrong.write_bytes(bytes(flipped))
    with pytest.raises(InputError, match=r"cannot be read|not where it should be|not JSON"):
        brought(wrong)
    assert list(tmp_path.rglob("*.zst")) == []


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.evals.importers import archive

    bomb = tmp_path / "bomb.eval"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("samples/a.json", b" " * 5_000_000)
    monkeypatch.setattr(archive, "threshold", lambda name: 1.0)
    with pytest.raises(InputError, match="would unpack to more than 1 MB"):
        brought(bomb)


@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("promptfoo.jsonl", gzip.compress, r"the file is packed \(gzip\)"),
        ("promptfoo_metrics.csv", gzip.compress, r"the file is packed \(gzip\)"),
        ("inspect.json", lambda d: d.decode().encode("utf-16"), "the file is UTF-16 text. Save the file as UTF-8"),
        ("inspect.json", lambda d: d[: len(d) // 2], "not one JSON document .* cut off: export it again"),
        ("promptfoo_metrics.csv", lambda d: d[: len(d) * 2 // 3], r"\.csv:5: the row has 41 of 42 cells"),
        ("results_2026-11-21T07-07-40.086660.json", bytes, "lm-eval's summary, .* Import the samples_"),
    ],
)
def test_damage_is_called_what_it_is(tmp_path: Path, home: object, file: str, damage: Any, said: str) -> None:
    made = tmp_path / file
    made.write_bytes(damage((FILES / file).read_bytes()))
    with pytest.raises(InputError, match=said):
        brought(made)
    assert store.evals() == []
