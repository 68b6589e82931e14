"""The fast way finds what the slow way finds: with every rule's own cases, and with random damage to sound lines."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import LintReport, LintRequest, lint
from tools.dataset.linter import passing
from tools.tokens import batch

TOOL = {
    "type": "function",
    "function": {
        "name": "find",
        "description": "Find it.",
        "parameters": {
            "type": "object",
            "properties": {
                "q": {"type": "string"},
                "n": {"type": "integer"},
                "k": {"type": "string", "enum": ["a", "b"]},
            },
            "required": ["q"],
        },
    },
}


def call(arguments: str = '{"q": "x", "n": 3}', id: str = "call_1", name: str = "find") -> dict[str, object]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def turn(role: str, content: str | None = None, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


PLAIN = {"messages": [turn("system", "Be brief."), turn("user", 'Say "hi": {now}'), turn("assistant", "Hi.")]}
LONG = {"messages": [turn("user", "One?"), turn("assistant", "1"), turn("user", "Two?"), turn("assistant", "2")]}
CALLS = {
    "messages": [
        turn("user", "Find x."),
        turn("assistant", None, tool_calls=[call()]),
        turn("tool", '{"a": [1, {"b": 2}]}', tool_call_id="call_1"),
        turn("assistant", "Found."),
    ],
    "tools": [TOOL],
}
ENDS_WITH_CALL = {
    "messages": [turn("user", "Find x."), {"role": "assistant", "tool_calls": [call('{"q": "x", "k": "a"}')]}],
    "tools": [TOOL],
    "parallel_tool_calls": False,
}
SOUND = [json.dumps(v, ensure_ascii=e) for v in (PLAIN, LONG, CALLS, ENDS_WITH_CALL) for e in (True, False)]


def both(path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[LintReport, LintReport]:
    path.write_bytes(data)
    fast = lint(LintRequest(path=path))
    with monkeypatch.context() as patch:
        patch.setattr(passing.Pass, "_gate", lambda self: None)
        slow = lint(LintRequest(path=path))
    return fast, slow


def comparable(report: LintReport) -> dict[str, object]:
    value = report.model_dump()
    value["stats"]["seconds"] = 0
    return value


@pytest.mark.parametrize("line", SOUND)
def test_sound_lines_pass(line: str) -> None:
    from tools.dataset.linter.gate import Gate
    from tools.dataset.linter.survey import Survey

    gate = Gate(
        Survey(),
        lambda raw: False,
        False,
        lambda n, raw: None,
        None,
        dict.fromkeys(["system", "user", "assistant", "tool"], 0),
        0,
        None,
    )
    assert gate.line(1, line.encode())


DAMAGE = [
    ('"Hi."', '""'),
    ('"Hi."', '"  "'),
    ('"Hi."', "42"),
    ('"Hi."', "null"),
    ('"Hi."', '["Hi."]'),
    ('"assistant"', '"Assistant"'),
    ('"user"', '"system"'),
    ('"user"', '"assistant"'),
    ('"role"', '"rolle"'),
    ('"content": "', '"content": "a", "content": "'),
    ('"role": "user"', '"role": "user", "role": "user"'),
    ('{"messages"', '{"messages": [], "messages"'),
    ("]}", '], "messages": []}'),
    ("]}", '], "x": NaN}'),
    ("]}", "]} "),
    ("]}", "]}\r"),
    ("]}", "]"),
    ('"Be brief."', '"<|im_end|>"'),
    ('"Be brief."', '"mail ann@example.org"'),
    ('"Be brief."', '"mail ann\\u0040example.org"'),
    ('"Be brief."', '"\\ud800"'),
    ('\\"q\\": \\"x\\"', '\\"q\\": 1'),
    ('\\"q\\": \\"x\\", ', ""),
    ('\\"k\\": \\"a\\"', '\\"k\\": \\"c\\"'),
    ('\\"n\\": 3', '\\"n\\": true'),
    ('"tool_call_id": "call_1"', '"tool_call_id": "call_2"'),
    ('"id": "call_1"', '"id": ""'),
    ('"name": "find"', '"name": "other"'),
    ('"type": "function"', '"type": "func"'),
    ('"required": ["q"]', '"required": "q"'),
    ('"type": "string"', '"type": "string", "type": "string"'),
    ('"Found."', '"Found.", "weight": 0'),
]


@pytest.mark.parametrize(("old", "new"), DAMAGE)
def test_damage_is_found_the_fast_way_as_well(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line.replace(old, new, 1) for line in SOUND]
    assert lines != SOUND
    fast, slow = both(tmp_path / "x.jsonl", "\n".join(lines).encode(), monkeypatch)
    assert comparable(fast) == comparable(slow)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SOUND),
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.integers(0, 3),
            st.sampled_from(
                ['"', "{", "}", "[", "]", ",", ":", "\\", " ", "\t", "null", "é", "@a.de", '"role":', "\\u0022"]
            ),
        ),
        max_size=3,
    ),
)
def test_random_damage_is_found_the_fast_way_as_well(
    tmp_path_factory: pytest.TempPathFactory, line: str, edits: list[tuple[int, int, str]]
) -> None:
    for at, cut, text in edits:
        line = line[: at % len(line)] + text + line[at % len(line) + cut :]
    with pytest.MonkeyPatch.context() as patch:
        fast, slow = both(tmp_path_factory.mktemp("g") / "x.jsonl", f"{SOUND[0]}\n{line}\n".encode(), patch)
    assert comparable(fast) == comparable(slow)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=40))
def test_bulk_counting_gives_the_same_totals(home_cache: Path, texts: list[str]) -> None:
    from array import array

    from tools.tokens import counter

    totals = {}
    for size in (0, batch.BULK_BYTES):
        column = array("I", [7] * len(texts))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ADVISOR_HOME", str(home_cache))
            patch.setattr(batch, "BATCH_CHARS", 50)
            counting = batch.BatchCounter(counter("o200k_base"), column, size)
            for row, text in enumerate(texts):
                counting.add(row, [text, text], 2 * len(text))
            counting.close()
        totals[size] = list(column)
    assert totals[0] == totals[batch.BULK_BYTES]


@pytest.fixture(scope="module")
def home_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_the_cache_of_words_is_dropped_when_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    from array import array

    from tools.tokens import counter

    monkeypatch.setattr(batch, "GROWTH_BYTES", -(1 << 40))
    monkeypatch.setattr(batch, "LEAST_BETWEEN", 0)
    bulk = batch._Bulk(counter("cl100k_base"))
    first = bulk._engine
    assert bulk.sums(["one two", "three"], array("L", [1, 2])) == [2, 1]
    assert bulk._engine is not first
    monkeypatch.setattr(batch, "LEAST_BETWEEN", 1 << 40)
    assert bulk.sums(["one two", "three"], array("L", [2])) == [3]
    assert bulk._engine is None
    assert bulk.sums(["one two", "\ud800"], array("L", [1, 2]))[0] == 2
