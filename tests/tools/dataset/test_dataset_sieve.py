"""The compiled sieve: what it lets through is sound, texts and hashes are those of the slow way, no bytes harm it."""

import json
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import LintRequest, lint
from tools.dataset.example import Example
from tools.dataset.linter import gate
from tools.dataset.linter.repeats import repeats
from tools.dataset.linter.survey import conversation_hash
from tools.dataset.sieve import COMPILED, Sieve, Sifted, breaks, conversation, roles_of
from tools.tokens.engine import MARK

pytestmark = pytest.mark.skipif(not COMPILED, reason="no C compiler was there when this was installed")
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
TURNS = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), TEXT), min_size=1, max_size=8)
SPELLINGS: list[dict[str, Any]] = [
    {"ensure_ascii": True},
    {"ensure_ascii": False},
    {"ensure_ascii": False, "separators": (",", ":")},
    {"ensure_ascii": True, "sort_keys": True, "separators": (" ,\t", " :  ")},
]


def sift(*lines: bytes) -> Sifted:
    return Sieve(MARK).sift(b"\n".join(lines), len(lines))


def turn(role: str, content: object, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


def call(id: str = "c1", name: str = "find", arguments: str = '{"q": "é\\n"}') -> dict[str, object]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def written(*messages: dict[str, object], **more: object) -> bytes:
    return json.dumps({"messages": messages, **more}, ensure_ascii=False).encode()


QUESTION, ANSWER = turn("user", "Why?"), turn("assistant", " Because. ")
CALLING = turn("assistant", None, tool_calls=[call(), call("c2", "seek", "{}")])
RESULTS = turn("tool", "", tool_call_id="c2"), turn("tool", "x", tool_call_id="c1")

LET_THROUGH = {
    "a question and an answer": written(QUESTION, ANSWER),
    "a system prompt first": written(turn("system", "Be brief."), QUESTION, ANSWER),
    "several turns": written(QUESTION, ANSWER, QUESTION, ANSWER),
    "calls, answered in another order": written(QUESTION, CALLING, *RESULTS, ANSWER),
    "text beside a call, which is what is learnt": written(QUESTION, turn("assistant", "I look.", tool_calls=[call()])),
    "a call without content": written(QUESTION, {"role": "assistant", "tool_calls": [call()]}),
    "definitions": written(QUESTION, ANSWER, tools=[{"type": "function", "function": {"name": "a"}}]),
    "definitions first": b'{"tools": [{"a]": "}\\u00e9\\""}], "messages": ' + written(QUESTION, ANSWER)[13:],
    "an answer twice": written(QUESTION, ANSWER, ANSWER),
}
LEFT = {
    "nothing": b"",
    "no object": b"[]",
    "no messages": b"{}",
    "no turn": written(),
    "a space after it": written(QUESTION, ANSWER) + b" ",
    "a carriage return": written(QUESTION, ANSWER) + b"\r",
    "two values": written(QUESTION, ANSWER) * 2,
    "messages twice": b'{"messages": [], "messages"' + written(QUESTION, ANSWER)[11:],
    "a comma too many": written(QUESTION, ANSWER)[:-2] + b",]}",
    "another key": written(QUESTION, ANSWER, weight=1),
    "another key in a turn": written(QUESTION, turn("assistant", "x", weight=0)),
    "another role": written(QUESTION, turn("model", "x")),
    "no role": written(QUESTION, {"content": "x"}),
    "a role twice": written(QUESTION, ANSWER).replace(b'"role"', b'"role": "user", "role"', 1),
    "no question": written(turn("system", "x"), ANSWER),
    "no answer": written(QUESTION),
    "two questions": written(QUESTION, QUESTION, ANSWER),
    "a late system prompt": written(QUESTION, turn("system", "x"), ANSWER),
    "an empty answer": written(QUESTION, turn("assistant", "")),
    "an answer of spaces": written(QUESTION, turn("assistant", " \n\t ")),
    "an answer of wide spaces": written(QUESTION, turn("assistant", "\u3000")),
    "no content": written(QUESTION, {"role": "assistant"}),
    "a number": written(QUESTION, turn("assistant", 4)),
    "parts": written(QUESTION, turn("assistant", ["x"])),
    "a line break in a text": written(QUESTION, ANSWER).replace(b"Why", b"W\x01y"),
    "half a pair": written(QUESTION, ANSWER).replace(b"Why", b"\\ud83d"),
    "half a pair, then another escape": written(QUESTION, ANSWER).replace(b"Why", b"\\ud83d\\u0041"),
    "the second half first": written(QUESTION, ANSWER).replace(b"Why", b"\\ude00"),
    "NUL": written(QUESTION, ANSWER).replace(b"Why", b"\\u0000"),
    "no escape": written(QUESTION, ANSWER).replace(b"Why", b"\\x41"),
    "a short escape": written(QUESTION, ANSWER).replace(b"Why?", b"\\u41"),
    "an overlong character": written(QUESTION, ANSWER).replace(b"Why", b"\xc0\xaf"),
    "an encoded surrogate": written(QUESTION, ANSWER).replace(b"Why", b"\xed\xa0\x80"),
    "beyond Unicode": written(QUESTION, ANSWER).replace(b"Why", b"\xf4\x90\x80\x80"),
    "half a character": written(QUESTION, ANSWER).replace(b"Why", b"\xe4\xbd"),
    "an unanswered call": written(QUESTION, CALLING, RESULTS[0], ANSWER),
    "a result for nobody": written(QUESTION, RESULTS[0], ANSWER),
    "a result twice": written(QUESTION, CALLING, *RESULTS, RESULTS[0], ANSWER),
    "a result without content": written(QUESTION, CALLING, RESULTS[0], turn("tool", None, tool_call_id="c1"), ANSWER),
    "one id for two calls": written(QUESTION, turn("assistant", None, tool_calls=[call(), call()])),
    "an id again": written(QUESTION, CALLING, *RESULTS, turn("assistant", None, tool_calls=[call()])),
    "a call without id": written(QUESTION, turn("assistant", None, tool_calls=[call("")])),
    "a call without name": written(QUESTION, turn("assistant", None, tool_calls=[call(name="")])),
    "no calls": written(QUESTION, turn("assistant", "x", tool_calls=[])),
    "a call by the user": written(turn("user", "x", tool_calls=[call()]), ANSWER),
    "an id where nothing is answered": written(QUESTION, turn("assistant", "x", tool_call_id="c1")),
    "another type of call": written(QUESTION, ANSWER, CALLING).replace(b'"function", "f', b'"custom", "f'),
    "definitions twice": written(QUESTION, ANSWER, tools=[]).replace(b'"tools"', b'"tools": [], "tools"'),
    "definitions that do not end": b'{"tools": [{"a": [], "messages": ' + written(QUESTION, ANSWER)[13:],
    "definitions too deep": written(QUESTION, ANSWER, tools=0).replace(b"0}", b"[" * 99 + b"]" * 99 + b"}"),
}


@pytest.mark.parametrize("name", LET_THROUGH)
def test_sound_lines_are_let_through(name: str) -> None:
    assert sift(LEFT["no turn"], LET_THROUGH[name]).indexes == [1]


@pytest.mark.parametrize("name", LEFT)
def test_other_lines_are_left_to_the_gate(name: str) -> None:
    line = LEFT[name]
    assert LEFT.get(name) not in LET_THROUGH.values()
    assert sift(LET_THROUGH["several turns"], line, LET_THROUGH["a question and an answer"]).indexes == [0, 2]
    for cut in range(0, len(line), 7):  # nor does any part of one pass
        assert not sift(line[:cut]).indexes


@settings(max_examples=300, deadline=None)
@given(TURNS)
def test_texts_and_hashes_are_those_of_the_slow_way(turns: list[tuple[str, str]]) -> None:
    value = {"messages": [turn(role, text) for role, text in turns]}
    example = Example(1, "chat", value)
    found = [sift(json.dumps(value, **spelling).encode()) for spelling in SPELLINGS]
    for one in (f for f in found if f.indexes):
        assert one.texts.decode().split(MARK.decode()) == [text for _, text in turns]
        assert one.keys == [conversation_hash(example.turns)]
        assert one.prompts == [conversation_hash(example.prompt)]
        assert roles_of(one.orders[0]) == tuple(role for role, _ in turns)
        assert one.answer_chars == [len(turns[-1][1].strip())]
        assert one.answers == [turns[-1][1].strip()]
        assert one.system_texts == ({0: turns[0][1]} if turns[0][0] == "system" else {})
    assert len({bool(f.indexes) for f in found}) == 1


def test_calls_are_part_of_what_is_said() -> None:
    line = LET_THROUGH["calls, answered in another order"]
    found = sift(line, LET_THROUGH["text beside a call, which is what is learnt"])
    example = Example(1, "chat", json.loads(line))
    assert found.keys[0] == conversation_hash(example.turns)
    assert [c.name for c in found.tools[0].calls] == ["find", "seek"]
    assert json.loads(found.tools[0].calls[0].arguments) == {"q": "é\n"}
    assert found.answers == ["Because.", None]
    assert found.answer_chars[1] == len('I look.\x1ffind({"q": "é\\n"})')


def test_keys_of_definitions_are_counted_as_often_as_they_stand_there() -> None:
    tools = '[{"a": {"b": "c: d", "b": ":"}, "e" : ["f", "\\":"]}]'
    line = b'{"tools": %s, "messages": %s' % (tools.encode(), written(QUESTION, ANSWER)[13:])
    assert [(t.keys, t.definitions.decode()) for t in sift(line).tools] == [(4, tools)]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_harm_it(data: st.DataObject) -> None:
    lines = [line for line in LET_THROUGH.values() if b'"tools"' not in line]  # definitions are judged by the gate
    damaged = bytearray(data.draw(st.sampled_from(lines)))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255)), max_size=3)):
        damaged[at] = byte
    found = Sieve(MARK).sift(bytes(damaged), damaged.count(b"\n") + 1)
    if found.indexes:
        part = bytes(damaged).split(b"\n")[found.indexes[0]]
        assert [*json.loads(part)] == ["messages"]
    junk = data.draw(st.binary(max_size=200))
    assert not Sieve(MARK).sift(junk, junk.count(b"\n") + 1).indexes


def test_lines_may_be_skipped_and_the_room_is_used_again() -> None:
    line, sieve = LET_THROUGH["several turns"], Sieve(MARK)
    assert sieve.sift(b"\n".join([line] * 5), 5, {0, 3}).indexes == [1, 2, 4]
    assert sieve.sift(line, 1).indexes == [0]
    assert sieve.sift(b"\n".join([line] * 9), 9, {9}).indexes == [*range(9)]


def test_equal_system_prompts_are_noticed_and_different_ones_kept_apart() -> None:
    lines = [written(turn("system", f"Be {i % 3}."), QUESTION, ANSWER) for i in range(6)] + [written(QUESTION, ANSWER)]
    found = sift(*lines)
    assert found.systems == [0, 1, 2, 0, 1, 2, 6]
    assert found.system_texts == {0: "Be 0.", 1: "Be 1.", 2: "Be 2."}
    many = [written(turn("system", f"Be {i}."), QUESTION, ANSWER) for i in range(30)] * 2
    assert [sift(*many).system_texts[row] for row in sift(*many).systems] == [f"Be {i % 30}." for i in range(60)]


def test_what_is_not_asked_for_is_not_made() -> None:
    found = Sieve(MARK).sift(LET_THROUGH["several turns"], 1, texts=False, answers=False)
    assert (found.texts, found.answers, found.indexes) == (b"", [], [0])


@pytest.mark.parametrize("code", ["I", "q"])
@given(values=st.lists(st.integers(0, 40)))
def test_repeats_are_found_in_columns_of_both_widths(code: str, values: list[int]) -> None:
    expected = [(i, values.index(v)) for i, v in enumerate(values) if v in values[:i]]
    assert [*repeats(array(code, values))] == expected


@given(st.binary(max_size=99))
def test_breaks(text: bytes) -> None:
    assert [*breaks(text)] == [i for i, byte in enumerate(text) if byte == 10]


def test_hashes_tell_turns_apart() -> None:
    turns = [("user", "a"), ("assistant", "b")]
    others = [[("user", "ab"), ("assistant", "")], [("user", "b"), ("assistant", "a")], turns[:1], [], turns * 2]
    assert len({conversation(t) for t in [turns, *others]}) == len(others) + 1
    assert conversation([("user", "\ud800")]) != conversation([("user", "\ud801")])


def test_without_a_compiler_the_same_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*LET_THROUGH.values(), *LEFT.values(), *LET_THROUGH.values()] * 3
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(lines))
    request = LintRequest(path=tmp_path / "x.jsonl", near_duplicates=False)
    reports = [lint(request)]
    monkeypatch.setattr(gate, "COMPILED", False)
    reports.append(lint(request))
    for report in reports:
        report.stats.seconds = 0
    assert reports[0] == reports[1]
