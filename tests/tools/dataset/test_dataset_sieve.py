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
from tools.dataset.linter import gate, sifting
from tools.dataset.linter.gate_tools import tools_hash
from tools.dataset.linter.repeats import repeats
from tools.dataset.linter.survey import conversation_hash
from tools.dataset.sieve import COMPILED, ROLES, Costs, Sieve, Sifted, breaks, conversation
from tools.tokens.engine import MARK
from tools.tokens.tool_text import FIXED, definitions_text

pytestmark = pytest.mark.skipif(not COMPILED, reason="no C compiler was there when this was installed")
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
TURNS = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), TEXT), min_size=1, max_size=8)
SPELLINGS: list[dict[str, Any]] = [
    {"ensure_ascii": True},
    {"ensure_ascii": False},
    {"ensure_ascii": False, "separators": (",", ":")},
    {"ensure_ascii": True, "sort_keys": True, "separators": (" ,\t", " :  ")},
]


def sift(*lines: bytes, answers: bool = False) -> Sifted:
    return Sieve(MARK, Costs(100, 10, 1, 1000, 5)).sift(b"\n".join(lines), len(lines), answers=answers)


def indexes(found: Sifted) -> list[int]:
    """The lines that were let through."""
    return [i for i in range(len(found.keys) + len(found.left)) if i not in found.left]


def turn(role: str, content: object, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


def call(id: str = "c1", name: str = "find", arguments: str = '{"q": "é\\n"}') -> dict[str, object]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def written(*messages: dict[str, object], **more: object) -> bytes:
    return json.dumps({"messages": messages, **more}, ensure_ascii=False).encode()


QUESTION, ANSWER = turn("user", "Why?"), turn("assistant", " Because. ")
CALLING = turn("assistant", None, tool_calls=[call(), call("c2", "seek", "{}")])
RESULTS = turn("tool", "", tool_call_id="c2"), turn("tool", "x", tool_call_id="c1")


def tool(name: str = "find", properties: object = None, required: object = None, **more: object) -> dict[str, Any]:
    fields = {"q": {"type": "string", "description": "What ...", "title": "é\n"}} if properties is None else properties
    parameters = {"type": "object", "properties": fields} | ({} if required is None else {"required": required})
    return {"type": "function", "function": {"name": name, "parameters": parameters, **more}}


def defining(tools: object, *calls: dict[str, object], **spelling: Any) -> bytes:
    """A line with definitions, and calls with their results."""
    turns = [turn("assistant", None, tool_calls=[*calls])] if calls else []
    turns += [turn("tool", "x", tool_call_id=str(c["id"])) for c in calls]
    return json.dumps({"messages": [QUESTION, *turns, ANSWER], "tools": tools}, **spelling).encode()


TOOLS = [tool(required=["q"], description="Finds.", strict=True), tool("seek", {})]
FIELDS = {
    "n": {"type": "integer"},
    "x": {"type": "number"},
    "b": {"type": "boolean"},
    "e": {"type": "string", "enum": ["", "é"]},
}
FITS = ["{}", ' {"n" : -12 }\n', '{"n": 0, "x": -1.5, "b": true,\r\n\t"e": "é"}', '{"b": false, "e": ""}', '{"x": 3}']
ODD_ARGUMENTS = [
    *(
        "",
        "[]",
        "{",
        '{"n": 1',
        '{"n": 1,}',
        '{"n" 1}',
        "{n: 1}",
        '{"n": 01}',
        '{"n": 1.5}',
        '{"n": 1e3}',
        '{"n": "1"}',
    ),
    *('{"n": -}', '{"n": true}', '{"n": 1, "n": 2}', '{"z": 1}', '{"x": 1.}', '{"x": .5}', '{"x": NaN}', '{"b": 1}'),
    *(
        '{"b": tru}',
        '{"e": "z"}',
        '{"e": "\\u00e9"}',
        '{"e": null}',
        "{} {}",
        "{}x",
        '{"\\u006e": 1}',
        '{"n": ' + "1" * 18 + "}",
    ),
]
ODD_TOOLS: dict[str, object] = {
    "none": [],
    "no object": ["find"],
    "another type": [tool() | {"type": "custom"}],
    "another key": [tool() | {"id": 1}],
    "another key in the function": [tool(id=1)],
    "another key in a field": [tool(properties={"q": {"type": "string", "format": "date"}})],
    "a nested field": [tool(properties={"q": {"type": "object", "properties": {}}})],
    "no type of a field": [tool(properties={"q": {}})],
    "two types of a field": [tool(properties={"q": {"type": ["string", "null"]}})],
    "no name": [tool("")],
    "a name with a space": [tool("find it")],
    "a long name": [tool("f" * 65)],
    "one name for two": [tool(), tool()],
    "a field that is required and not there": [tool(required=["z"])],
    "a field that is required twice": [tool(required=["q", "q"])],
    "a field with a colon": [tool(properties={"q:": {"type": "string"}})],
    "a field with a backslash": [tool(properties={"q\\": {"type": "string"}})],
    "no choice": [tool(properties={"q": {"type": "string", "enum": []}})],
    "a choice of numbers": [tool(properties={"q": {"type": "integer", "enum": [1]}})],
    "a choice for numbers": [tool(properties={"q": {"type": "integer", "enum": ["1"]}})],
    "strictness that is none": [tool(strict=1)],
    "no description": [tool(description=None)],
    "many": [tool(f"f{i}") for i in range(33)],
    "many fields": [tool(properties={f"q{i}": {"type": "string"} for i in range(129)})],
    "many choices": [tool(properties={"q": {"type": "string", "enum": ["a"] * 257}})],
}

LET_THROUGH = {
    "a question and an answer": written(QUESTION, ANSWER),
    "a system prompt first": written(turn("system", "Be brief."), QUESTION, ANSWER),
    "several turns": written(QUESTION, ANSWER, QUESTION, ANSWER),
    "calls, answered in another order": written(QUESTION, CALLING, *RESULTS, ANSWER),
    "text beside a call, which is what is learnt": written(QUESTION, turn("assistant", "I look.", tool_calls=[call()])),
    "a call without content": written(QUESTION, {"role": "assistant", "tool_calls": [call()]}),
    "definitions of another kind": written(QUESTION, ANSWER, tools=[{"type": "function", "function": {"name": "a"}}]),
    "definitions": written(QUESTION, CALLING, *RESULTS, ANSWER, tools=TOOLS),
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
    assert indexes(sift(LEFT["no turn"], LET_THROUGH[name])) == [1]


@pytest.mark.parametrize("name", LEFT)
def test_other_lines_are_left_to_the_gate(name: str) -> None:
    line = LEFT[name]
    assert LEFT.get(name) not in LET_THROUGH.values()
    assert indexes(sift(LET_THROUGH["several turns"], line, LET_THROUGH["a question and an answer"])) == [0, 2]
    for cut in range(0, len(line), 7):  # nor does any part of one pass
        assert not indexes(sift(line[:cut]))


@settings(max_examples=300, deadline=None)
@given(TURNS)
def test_texts_and_hashes_are_those_of_the_slow_way(turns: list[tuple[str, str]]) -> None:
    value = {"messages": [turn(role, text) for role, text in turns]}
    example = Example(1, "chat", value)
    found = [sift(json.dumps(value, **spelling).encode(), answers=True) for spelling in SPELLINGS]
    for one in (f for f in found if f.keys):
        assert str(one.texts, "utf-8").split(MARK.decode()) == [text for _, text in turns]
        assert [*one.keys] == [conversation_hash(example.turns)]
        assert [*one.prompts] == [conversation_hash(example.prompt)]
        roles = [role for role, _ in turns]
        assert one.roles == tuple(map(roles.count, ROLES))
        assert [*one.fixed] == [5 + sum({"system": 100, "user": 10, "assistant": 1}[role] for role in roles)]
        assert [*one.answer_chars] == [len(turns[-1][1].strip())]
        assert one.answers == [turns[-1][1].strip()]
        assert one.systems == ([(turns[0][1], 0, 1)] if turns[0][0] == "system" else [])
    assert len({bool(f.keys) for f in found}) == 1


def test_calls_are_part_of_what_is_said() -> None:
    line = LET_THROUGH["calls, answered in another order"]
    found = sift(line, LET_THROUGH["text beside a call, which is what is learnt"])
    example = Example(1, "chat", json.loads(line))
    assert found.keys[0] == conversation_hash(example.turns)
    assert [c.name for c in found.tools[0].calls] == ["find", "seek"]
    assert json.loads(found.tools[0].calls[0].arguments) == {"q": "é\n"}
    assert [*found.fixed] == [5 + 10 + 2 + 2000, 16]
    assert indexes(sift(line, LET_THROUGH["text beside a call, which is what is learnt"], answers=True)) == [0]
    assert found.answer_chars[1] == len('I look.\x1ffind({"q": "é\\n"})')


NAMES = st.text("abz_.-09", min_size=1, max_size=5)
SAID = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
FIELD = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean"])},
    optional={"description": SAID, "title": SAID},
)
CHOICE = st.fixed_dictionaries(
    {"type": st.just("string"), "enum": st.lists(SAID, min_size=1, max_size=4)}, optional={"description": SAID}
)
KEYS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0:\\"), max_size=5)
PROPERTIES = st.dictionaries(KEYS, FIELD | CHOICE, max_size=4)
DEFINITIONS = st.lists(
    st.builds(tool, NAMES, PROPERTIES)
    | st.builds(tool, NAMES, PROPERTIES, st.just([]), strict=st.booleans(), description=SAID),
    min_size=1,
    max_size=4,
    unique_by=lambda t: t["function"]["name"],
)


@settings(max_examples=300, deadline=None)
@given(DEFINITIONS, st.sampled_from(SPELLINGS))
def test_definitions_come_to_what_they_come_to_on_the_slow_way(
    tools: list[dict[str, Any]], spelling: dict[str, Any]
) -> None:
    found = Sieve(MARK, Costs(0, 10, 1, 0, 5, *FIXED)).sift(line := defining(tools, **spelling), 1)
    example = Example(1, "chat", json.loads(line))
    texts, fixed = definitions_text(example.tools)
    assert (found.defined, found.tools, [*found.fixed]) == (1, [], [5 + 10 + 1 + fixed])
    assert str(found.texts, "utf-8").split(MARK.decode()) == ["Why?", " Because. ", *texts]
    assert [*found.ends] == [2 + len(texts)]
    assert [*found.keys] == [conversation_hash(example.turns) ^ tools_hash(example.tools)]
    assert [*found.prompts] == [conversation_hash(example.prompt) ^ tools_hash(example.tools)]


def test_definitions_that_differ_have_other_hashes() -> None:
    field = {"type": "string"}
    different = [
        *(
            [tool()],
            [tool("seek")],
            [tool(), tool("seek")],
            [tool(description="")],
            [tool(strict=True)],
            [tool(strict=False)],
        ),
        *(
            [tool(properties={"q": field | more})]
            for more in ({}, {"title": "d"}, {"description": "d"}, {"enum": ["d"]}, {"enum": ["d", ""]})
        ),
        *(
            [tool(properties={"q": field, "d": {"type": kind}}, required=r)]
            for kind in ("string", "integer")
            for r in (["q"], ["d"], [])
        ),
    ]
    assert len({sift(defining(tools)).keys[0] for tools in different}) == len(different)


@pytest.mark.parametrize("arguments", FITS)
def test_arguments_that_fit_are_settled(arguments: str) -> None:
    found = sift(
        defining([tool("seek"), tool(properties=FIELDS)], call(arguments=arguments), call("c2", arguments=arguments))
    )
    assert (found.defined, found.tools) == (1, [])


@pytest.mark.parametrize("arguments", ODD_ARGUMENTS)
def test_other_arguments_are_left_to_the_gate(arguments: str) -> None:
    found = sift(defining([tool(properties=FIELDS)], call(arguments='{"n": 1}'), call("c2", arguments=arguments)))
    assert (found.defined, len(found.tools), len(found.tools[0].calls), [*found.ends]) == (0, 1, 2, [8])


def test_a_call_lacks_what_must_be_there_or_names_an_unknown_tool() -> None:
    lacking = [tool(required=["q"]), tool("seek")]
    assert [sift(defining(lacking, call(name=n, arguments="{}"))).defined for n in ("find", "seek", "other")] == [
        0,
        1,
        0,
    ]


@pytest.mark.parametrize("name", ODD_TOOLS)
def test_other_definitions_are_left_to_the_gate(name: str) -> None:
    found = sift(LET_THROUGH["definitions"], defining(ODD_TOOLS[name]), LET_THROUGH["definitions"])
    assert (found.defined, [one.line for one in found.tools]) == (2, [1])
    assert sift(LET_THROUGH["definitions"], LET_THROUGH["definitions"]).texts == found.texts.tobytes().replace(
        MARK.join([b"", b"Why?", b" Because. ", b""]), MARK
    )


def test_choices_take_no_more_room_than_there_is() -> None:
    many = [tool(f"f{i}", {"q": {"type": "string", "enum": [""] * 8}}) for i in range(31)]
    lines = [defining(many, separators=(",", ":"))] * 3
    sift(*lines)  # each empty choice takes three bytes in the file and four, the mark's, in the room


def test_keys_of_definitions_are_counted_as_often_as_they_stand_there() -> None:
    tools = '[{"a": {"b": "c: d", "b": ":"}, "e" : ["f", "\\":"]}]'
    line = b'{"tools": %s, "messages": %s' % (tools.encode(), written(QUESTION, ANSWER)[13:])
    assert [(t.keys, t.definitions.decode()) for t in sift(line).tools] == [(4, tools)]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_harm_it(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from([*LET_THROUGH.values()])))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255)), max_size=3)):
        damaged[at] = byte
    found = Sieve(MARK).sift(bytes(damaged), damaged.count(b"\n") + 1)
    if found.keys and not found.tools:  # whose definitions the gate reads
        part = bytes(damaged).split(b"\n")[indexes(found)[0]]
        assert {*json.loads(part)} <= {"messages", "tools"}
    junk = data.draw(st.binary(max_size=200))
    assert not Sieve(MARK).sift(junk, junk.count(b"\n") + 1).keys


def test_lines_may_be_skipped_and_the_room_is_used_again() -> None:
    line, sieve = LET_THROUGH["several turns"], Sieve(MARK)
    assert indexes(sieve.sift(b"\n".join([line] * 5), 5, {0, 3})) == [1, 2, 4]
    assert indexes(sieve.sift(line, 1)) == [0]
    assert indexes(sieve.sift(b"\n".join([line] * 9), 9, {9})) == [*range(9)]


def test_equal_system_prompts_are_noticed_and_different_ones_kept_apart() -> None:
    lines = [written(turn("system", f"Be {i % 3}."), QUESTION, ANSWER) for i in range(6)] + [written(QUESTION, ANSWER)]
    assert sift(*lines).systems == [("Be 0.", 0, 2), ("Be 1.", 1, 2), ("Be 2.", 2, 2)]
    many = [written(turn("system", f"Be {i}."), QUESTION, ANSWER) for i in range(30)] * 2
    assert sift(*many).systems == [(f"Be {i % 30}.", i, 1) for i in range(60)]


def test_what_is_not_asked_for_is_not_made() -> None:
    found = Sieve(MARK).sift(LET_THROUGH["several turns"], 1, answers=False)
    assert (found.answers, indexes(found)) == ([], [0])


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
    lines += [defining(tools) for tools in ODD_TOOLS.values()]
    lines += [defining([tool(properties=FIELDS)], call(arguments=said)) for said in (*FITS, *ODD_ARGUMENTS)]
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(lines))
    for count in (True, False):
        request = LintRequest(path=tmp_path / "x.jsonl", near_duplicates=False, count_tokens=count)
        reports = []
        for least, compiled in ((0.75, True), (0, True), (0.75, False)):
            monkeypatch.setattr(sifting, "LEAST_SIFTED", least)
            monkeypatch.setattr(gate, "COMPILED", compiled)
            reports.append(lint(request))
            reports[-1].stats.seconds = 0
        assert reports[0] == reports[1] == reports[2]
