"""Files that promptfoo, inspect_ai and lm-evaluation-harness made themselves (versions in files/README.md), and the
documented forms of OpenAI Evals and Langfuse."""

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
    assert {(s.sample_id, s.cluster) for s in store.samples("a/match")} >= {("b1#1", "b1"), ("b1#2", "b1")}
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


@pytest.mark.parametrize("listed", [True, False])
def test_openai_output_items(tmp_path: Path, listed: bool) -> None:
    items = [output_item(i, float(i % 2)) for i in range(4)]
    items[3]["sample"]["error"] = {"code": "rate_limit", "message": "x"}
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps({"object": "list", "data": items}) if listed else "\n".join(map(json.dumps, items)))
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
