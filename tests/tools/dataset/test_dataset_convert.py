"""Formats are recognised with the reason said; conversion counts its losses and comes back where both can hold it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import ConvertReport, ConvertRequest, LintRequest, convert, lint
from tools.dataset.formats import BY_NAME, FORMATS, recognise
from tools.errors import InputError

U, A = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}
GEMINI_PAIR: dict[str, object] = {
    "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
    "completions": [
        {"score": 1, "completion": {"role": "model", "parts": [{"text": "a"}]}},
        {"score": 0, "completion": {"role": "model", "parts": [{"text": "b"}]}},
    ],
}
GEMINI_PROMPT: dict[str, object] = {
    "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
    "contents": [{"role": "user", "parts": [{"text": "17 * 23?"}]}],
    "references": {"answer": "391"},
}
SAMPLES: list[tuple[str, dict[str, object], str]] = [
    ("openai_chat", {"messages": [U, A]}, "sft"),
    ("openai_dpo", {"input": {"messages": [U]}, "preferred_output": [A], "non_preferred_output": [A]}, "dpo"),
    ("openai_rft", {"messages": [U], "target": "Hello."}, "rft"),
    (
        "gemini",
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": "x"}]}]},
        "sft",
    ),
    ("gemini_preference", GEMINI_PAIR, "dpo"),
    ("gemini_references", GEMINI_PROMPT, "rft"),
    (
        "bedrock_converse",
        {
            "schemaVersion": "bedrock-conversation-2024",
            "system": [{"text": "Be brief."}],
            "messages": [
                {"role": "user", "content": [{"text": "Hi"}]},
                {"role": "assistant", "content": [{"text": "Hello."}]},
            ],
        },
        "sft",
    ),
    ("prompt_completion", {"prompt": "Hi", "completion": "Hello."}, "sft"),
    ("prompt_completion", {"prompt": [U], "completion": [A]}, "sft"),
    ("trl_preference", {"prompt": "Hi", "chosen": "a", "rejected": "b"}, "dpo"),
    ("trl_preference", {"chosen": [U, A], "rejected": [U, {"role": "assistant", "content": "No."}]}, "dpo"),
    ("trl_unpaired", {"prompt": "Hi", "completion": "a", "label": True}, "dpo"),
    ("trl_prompt_only", {"prompt": [U], "answer": "42"}, "rft"),
    ("alpaca", {"instruction": "Add", "input": "1 1", "output": "2"}, "sft"),
    ("sharegpt", {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}, "sft"),
    ("text", {"text": "Once upon a time"}, "sft"),
]


@pytest.mark.parametrize(("name", "value", "technique"), SAMPLES)
def test_a_format_is_recognised_and_judged_without_error(
    name: str, value: dict[str, object], technique: str, tmp_path: Path
) -> None:
    found = recognise([value])
    assert found.format is not None
    assert (found.format.name, found.format.technique) == (name, technique)
    assert found.format.signature in found.reason
    path = tmp_path / "x.jsonl"
    path.write_text(
        "\n".join(json.dumps({**value, "n": i}) if name == "openai_rft" else json.dumps(value) for i in range(12))
    )
    report = lint(LintRequest(path=path))
    assert (report.format, report.technique, report.examples) == (name, technique, 12)
    wrong = {f.rule for f in report.findings if f.severity == "error"}
    assert wrong <= ({"FT502"} if name == "openai_dpo" else set())


def test_what_no_format_fits_says_the_keys() -> None:
    found = recognise([{"frage": "a", "antwort": "b"}])
    assert found.format is None
    assert "antwort, frage" in found.reason


def test_the_majority_decides_between_chat_and_prompts() -> None:
    chat, prompt = {"messages": [U, A], "id": 1}, {"messages": [U], "id": 2}
    assert recognise([chat] * 9 + [prompt]).format is BY_NAME["openai_chat"]
    assert recognise([chat] + [prompt] * 9).format is BY_NAME["openai_rft"]


def run(
    tmp_path: Path, values: list[dict[str, object]], to: str, **more: object
) -> tuple[ConvertReport, list[dict[str, object]]]:
    path, out = tmp_path / "in.jsonl", tmp_path / f"{to}.jsonl"
    path.write_text("\n".join(map(json.dumps, values)))
    report = convert(ConvertRequest.model_validate({"path": path, "out": out, "to": to, **more}))
    return report, [json.loads(line) for line in out.read_text().split("\n")[:-1]]


GET = {"name": "get", "description": "d", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}


@pytest.mark.parametrize(
    ("calls", "observation", "results"),
    [
        ([{"name": "get", "arguments": {"a": 1}}], "42", ["42"]),
        ([{"name": "get", "arguments": {"a": 1}}, {"name": "get", "arguments": {"a": 2}}], '["x", "y"]', ["x", "y"]),
    ],
)
def test_llamafactorys_tool_turns_are_calls_and_their_results_and_go_back(
    calls: list[dict[str, object]], observation: str, results: list[str], tmp_path: Path
) -> None:
    value: dict[str, object] = {
        "conversations": [
            {"from": "human", "value": "Hi"},
            {"from": "function_call", "value": json.dumps(calls[0] if len(calls) == 1 else calls)},
            {"from": "observation", "value": observation},
            {"from": "gpt", "value": "Ho"},
        ],
        "tools": json.dumps([GET]),
    }
    there, [chat] = run(tmp_path, [value], "openai_chat")
    assert there.lost == {}
    assert chat["tools"] == [{"type": "function", "function": GET}]
    messages: Any = chat["messages"]
    assert [m["tool_call_id"] for m in messages if m["role"] == "tool"] == [c["id"] for c in messages[1]["tool_calls"]]
    assert [m["content"] for m in messages if m["role"] == "tool"] == results

    back, [same] = run(tmp_path, [chat], "sharegpt")
    assert (same, back.lost) == (value, {})

    path = tmp_path / "train.jsonl"
    path.write_text((json.dumps(value) + "\n") * 12)
    assert not {f.rule for f in lint(LintRequest(path=path)).findings if f.severity == "error"}


def test_a_broken_function_call_is_found_and_what_sharegpt_cannot_hold_is_counted(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Hi"}, {"from": "function_call", "value": "get(1)"}]
    path = tmp_path / "train.jsonl"
    path.write_text((json.dumps({"conversations": turns}) + "\n") * 12)
    assert "FT307" in {f.rule for f in lint(LintRequest(path=path)).findings}
    call = {"id": "c", "type": "function", "function": {"name": "get", "arguments": "{}"}}
    chat = {"messages": [U, {**A, "tool_calls": [call]}, {"role": "tool", "tool_call_id": "other", "content": "1"}, A]}
    report, _ = run(tmp_path, [chat], "sharegpt")
    assert report.lost == {"text beside a tool call": 1, "which call a tool result answers": 1}


def test_a_table_with_named_columns_becomes_chat(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(["text", "category"])
        rows.writerow(['I said "no",\nand left', "complaint"])
        rows.writerow(["", "empty"])
        rows.writerow(["Where is it?", ""])
    request = ConvertRequest(path=path, out=tmp_path / "o.jsonl", user="text", assistant="category", system="Classify.")
    report = convert(request)
    [value] = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert value["messages"] == [
        {"role": "system", "content": "Classify."},
        {"role": "user", "content": 'I said "no",\nand left'},
        {"role": "assistant", "content": "complaint"},
    ]
    assert report.left_out == {"empty text": 1, "empty category": 1}
    with pytest.raises(InputError, match="already there"):
        convert(request)
    with pytest.raises(InputError, match=r"no column 'label'.*text, category"):
        convert(request.model_copy(update={"out": tmp_path / "p.jsonl", "assistant": "label"}))
    assert not (tmp_path / "p.jsonl").exists()
    unnamed = request.model_copy(update={"out": tmp_path / "p.jsonl", "user": None, "assistant": None})
    assert convert(unnamed).examples == 1
    assert (tmp_path / "p.jsonl").read_text() == (tmp_path / "o.jsonl").read_text()


def test_parquet_with_named_columns_becomes_chat(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"q": ["one", "two"], "a": ["1", "2"]}), tmp_path / "t.parquet")
    request = ConvertRequest(path=tmp_path / "t.parquet", out=tmp_path / "o.jsonl", user="q", assistant="a")
    assert convert(request).examples == 2


def test_losses_are_named(tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    value = {"messages": [U, {**A, "weight": 1}], "tools": [tool]}
    report, _ = run(tmp_path, [value], "gemini")
    assert report.lost == {"weight": 1}
    report, _ = run(tmp_path, [value], "bedrock_converse")
    assert report.lost == {"tools": 1, "weight": 1}
    report, _ = run(tmp_path, [{"messages": [U, A, U, A]}], "alpaca")
    assert report.lost == {"turns before the last": 1}


def test_what_cannot_become_the_other_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no example could be converted"):
        run(tmp_path, [{"prompt": "Hi", "chosen": "a", "rejected": "b"}], "openai_chat")
    with pytest.raises(InputError, match="cannot write the format"):
        run(tmp_path, [{"messages": [U, A]}], "text")


TEXT = st.text(min_size=1, max_size=12).filter(lambda t: t.strip() != "")
TURNS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3)
ALONE = {"alpaca"}
THERE_AND_BACK = [f.name for f in FORMATS if f.write and f.shape == "chat"]


@settings(max_examples=60, deadline=None)
@given(TURNS, st.none() | TEXT, st.sampled_from(THERE_AND_BACK))
def test_there_and_back_keeps_what_both_can_hold(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[str, str]], system: str | None, name: str
) -> None:
    folder = tmp_path_factory.mktemp("convert")
    turns = turns[-1:] if name in ALONE else turns
    messages = [{"role": "system", "content": system}] if system else []
    for question, answer in turns:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    value: dict[str, object] = {"messages": messages}
    report, written = run(folder, [value], name)
    assert report.lost == {}
    (folder / "back").mkdir()
    _, back = run(folder / "back", written, "openai_chat")
    assert back == [value]


@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT, TEXT, st.sampled_from(["trl_preference", "gemini_preference"]))
def test_pairs_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, asked: str, good: str, bad: str, name: str
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    value: dict[str, object] = {
        "input": {"messages": [{"role": "user", "content": asked}]},
        "preferred_output": [{"role": "assistant", "content": good}],
        "non_preferred_output": [{"role": "assistant", "content": bad}],
    }
    report, written = run(folder, [value], name)
    assert report.lost == {}
    (folder / "back").mkdir()
    _, back = run(folder / "back", written, "openai_dpo")
    assert back == [value]


@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT)
def test_prompts_there_and_back(tmp_path_factory: pytest.TempPathFactory, asked: str, target: str) -> None:
    folder = tmp_path_factory.mktemp("prompts")
    value: dict[str, object] = {"messages": [{"role": "user", "content": asked}], "target": target}
    report, written = run(folder, [value], "trl_prompt_only")
    assert report.lost == {}
    (folder / "back").mkdir()
    _, back = run(folder / "back", written, "openai_rft")
    assert back == [value]


def test_tools_go_to_gemini_and_back(tmp_path: Path) -> None:
    def call(name: str, known: str, arguments: str) -> dict[str, object]:
        return {"id": known, "type": "function", "function": {"name": name, "arguments": arguments}}

    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    value: dict[str, object] = {
        "messages": [
            U,
            {
                "role": "assistant",
                "tool_calls": [call("weather", "call_1", '{"city": "Ulm"}'), call("time", "call_2", "{}")],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "blue"}'},
            {"role": "tool", "tool_call_id": "call_2", "content": "noon"},
            A,
        ],
        "tools": [{"type": "function", "function": {"name": n, "parameters": schema}} for n in ("weather", "time")],
    }
    report, written = run(tmp_path, [value], "gemini")
    assert report.lost == {}
    parts = written[0]["contents"][2]["parts"]  # type: ignore[index]
    assert [p["functionResponse"]["response"] for p in parts] == [{"sky": "blue"}, {"result": "noon"}]
    (tmp_path / "g.jsonl").write_text("\n".join(json.dumps(written[0]).replace("Hi", f"Hi {i}") for i in range(60)))
    found = lint(LintRequest(path=tmp_path / "g.jsonl")).findings
    assert [f.rule for f in found if f.severity != "info"] == []
    (tmp_path / "back").mkdir()
    _, back = run(tmp_path / "back", written, "openai_chat")
    assert back == [value]


def test_rft_prompts_go_to_gemini_and_back(tmp_path: Path) -> None:
    value: dict[str, object] = {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "17 * 23?"}],
        "answer": "391",
    }
    report, written = run(tmp_path, [value], "gemini_references")
    assert written == [
        {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "17 * 23?"}]}],
            "references": {"answer": "391"},
        }
    ]
    assert report.lost == {}
    (tmp_path / "back").mkdir()
    assert run(tmp_path / "back", written, "openai_rft")[1] == [value]


def test_what_a_gemini_prompt_cannot_hold_is_counted(tmp_path: Path) -> None:
    tool = {"type": "function", "function": GET}
    rows: list[dict[str, object]] = [
        {"messages": [U], "numbers": [2, 5], "target": "7", "tools": [tool]},
        {"messages": [U], "numbers": [1], "target": "1"},
    ]
    report, written = run(tmp_path, rows, "gemini_references")
    assert written[0]["references"] == {"numbers": "[2, 5]", "target": "7"}
    assert report.lost == {"tools": 1, "that numbers is not text (written as JSON)": 2}


def test_a_reference_named_as_a_part_of_the_prompt_stays_a_reference(tmp_path: Path) -> None:
    value = {**GEMINI_PROMPT, "references": {"messages": "3 of them", "tools": "hammer"}}
    _, written = run(tmp_path, [value], "openai_rft")
    assert written[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "17 * 23?"},
    ]
    assert (written[0]["reference_messages"], written[0]["reference_tools"]) == ("3 of them", "hammer")


def test_gemini_contents_become_prompts_when_reinforcement_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join([json.dumps({"contents": GEMINI_PROMPT["contents"]})] * 12))
    report = lint(LintRequest(path=path, technique="rft"))
    assert report.format == "gemini_references"
    assert {f.rule for f in report.findings} >= {"FT605"}
    assert "FT210" not in {f.rule for f in report.findings}
