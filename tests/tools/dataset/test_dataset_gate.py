"""The fast way finds what the slow way finds: with every rule's own cases, and with random damage to sound lines."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.secrets import secret_patterns
from tools.dataset import LintReport, LintRequest, lint
from tools.dataset.linter import gate_tools, passing, sifting

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
COLONS = {"messages": [turn("user", ":param x?"), turn("assistant", ': ":" or "\\\\": "')]}
ENDS_WITH_CALL = {
    "messages": [turn("user", "Find x."), {"role": "assistant", "tool_calls": [call('{"q": "x", "k": "a"}')]}],
    "tools": [TOOL],
    "parallel_tool_calls": False,
}
LATE = {"messages": [{"content": m["content"], "role": m["role"]} for m in LONG["messages"]]}
SOUND = [
    json.dumps(v, ensure_ascii=e) for v in (PLAIN, LONG, COLONS, CALLS, ENDS_WITH_CALL, LATE) for e in (True, False)
]


def said(text: str) -> str:
    return json.dumps({"messages": [turn("user", "Why?"), turn("assistant", text)]})


ONE_RULE = {
    "FT304": json.dumps({k: v for k, v in CALLS.items() if k != "tools"}),
    "FT304 beside a defined tool": SOUND[6].replace('"name": "find", "arguments"', '"name": "seek", "arguments"'),
    "FT809": said("I cannot help with that."),
    "FT810": said("TODO"),
    "FT813": said("It ends here. <|im_end|>"),
    "FT815": said("Your order number is 4711223."),
    "FT904": said("Write to ann@example.org."),
}
"""Lines that are sound for all rules but one, which the fast way asks alone."""


def both(path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[LintReport, LintReport]:
    """What the fast way finds and what the slow way finds; where near-duplicates are not looked for, the sieve too."""
    path.write_bytes(data)
    with monkeypatch.context() as patch:
        patch.setattr(sifting, "LEAST_SIFTED", 0.0)
        fast, sieved = lint(LintRequest(path=path)), lint(LintRequest(path=path, near_duplicates=False))
        patch.setattr(passing.Pass, "_gate", lambda self: None)
        slow, alone = lint(LintRequest(path=path)), lint(LintRequest(path=path, near_duplicates=False))
    assert comparable(sieved) == comparable(alone)
    return fast, slow


def comparable(report: LintReport) -> dict[str, object]:
    value = report.model_dump()
    value["stats"]["seconds"] = 0
    return value


@pytest.mark.parametrize("line", SOUND)
def test_sound_lines_pass(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_on = []
    monkeypatch.setattr(passing.Pass, "line", lambda self, number, raw: handed_on.append(number))
    (tmp_path / "x.jsonl").write_text(f"{SOUND[0]}\n{line}\n", encoding="utf-8")
    lint(LintRequest(path=tmp_path / "x.jsonl"))
    assert not handed_on


@pytest.mark.parametrize("rule", ONE_RULE)
def test_a_line_that_one_rule_concerns_is_asked_about_by_that_rule_alone(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [*SOUND[:3], ONE_RULE[rule], *SOUND[3:]]
    fast, slow = both(tmp_path / "x.jsonl", "\n".join(lines).encode(), monkeypatch)
    assert comparable(fast) == comparable(slow)
    assert [f.lines for f in fast.findings if f.rule == rule[:5]] == [[4]]
    handed_on = []
    monkeypatch.setattr(passing.Pass, "line", lambda self, number, raw: handed_on.append(number))
    lint(LintRequest(path=tmp_path / "x.jsonl"))
    assert not handed_on


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
    ('"role": "user"', '"role" : "user", "role": "user"'),
    ('"role": "user"', '"role"\t: "user", "role":"user"'),
    ('"content": "', '"content"  :"", "content": "'),
    ('{"messages"', '{"messages": [], "messages"'),
    ("]}", '], "messages": []}'),
    ("}]", ', "role": "user"}]'),
    ("}]", ', "content": null}]'),
    ("}]", ', "content": "x"}]'),
    ("}]", ', "tool_calls": []}]'),
    ("}]", ', "tool_call_id": "x"}]'),
    ("}]", ', "tool_call_id": "x", "tool_call_id": "x"}]'),
    ("}]", ', "tool_calls": [], "tool_calls": []}]'),
    ("]}", '], "parallel_tool_calls": true}'),
    ("]}", '], "tools": []}'),
    ('"Hi."', '"\\\\u0041 \\" : {"'),
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
    ('"required": ["q"]', '"required": ["q", "q"]'),
    ('"type": "string"', '"type": "string", "type": "string"'),
    ('"Found."', '"Found.", "weight": 0'),
]


@pytest.mark.parametrize(("old", "new"), DAMAGE)
def test_damage_is_found_the_fast_way_as_well(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [*SOUND, *ONE_RULE.values()]
    lines = [line.replace(old, new, 1) for line in whole]
    assert lines != whole
    fast, slow = both(tmp_path / "x.jsonl", "\n".join(lines).encode(), monkeypatch)
    assert comparable(fast) == comparable(slow)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*SOUND, *ONE_RULE.values()]),
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
        fast, slow = both(
            tmp_path_factory.mktemp("g") / "x.jsonl",
            "\n".join([SOUND[0], line, *ONE_RULE.values(), ""]).encode(),
            patch,
        )
    assert comparable(fast) == comparable(slow)


WIDENED = {n: p for group in secret_patterns().values() for n, p in group.items() if p.filter}


@pytest.mark.parametrize("name", WIDENED)
def test_the_filter_of_a_secret_finds_whatever_its_pattern_finds(name: str) -> None:
    pattern, wider = (re.compile(p, re.ASCII) for p in (WIDENED[name].pattern, WIDENED[name].filter or ""))

    @settings(max_examples=100, deadline=None)
    @given(st.from_regex(pattern))
    def holds(text: str) -> None:
        assert wider.search(text)

    holds()


@pytest.mark.parametrize("damaged", ["{broken", "", "[1]", SOUND[0] + "\r", SOUND[2] + SOUND[2], SOUND[0][:-1] + "\n}"])
def test_one_bad_line_among_many_is_named_and_no_other(
    damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [SOUND[i % len(SOUND)] for i in range(1, 300)]
    for at in (0, 7, 150, len(rows) - 1):
        lines = [*rows[:at], damaged, *rows[at:]]
        fast, slow = both(tmp_path / "x.jsonl", "\n".join(lines).encode(), monkeypatch)
        assert comparable(fast) == comparable(slow)


PARAMETERS = {
    "type": "object",
    "properties": {
        "q": {"type": "string", "enum": ["a", "b"]},
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "a b": {"type": "boolean"},
    },
    "required": ["q"],
}
VALUES = st.one_of(
    st.sampled_from(["a", "b", "c", "", None, True, False, 0, 1.0, 1.5, 10**30, [], {}]), st.integers(), st.floats()
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["q", "n", "x", "a b", "other"]), VALUES),
    st.booleans(),
    st.sampled_from([["q"], [], ["q", "gone"]]),
)
def test_arguments_are_judged_alike_at_the_first_look_and_one_by_one(
    arguments: dict[str, object], closed: bool, required: list[str]
) -> None:
    more = {"additionalProperties": False} if closed else {}
    schema = gate_tools.Schemas().read(json.dumps({**PARAMETERS, "required": required, **more}).encode())
    assert schema is not None
    careful = schema._replace(read=gate_tools._refuse)
    text = json.dumps(arguments)
    for written in (text, text + " ", text[:-1], f"[{text}]"):
        assert gate_tools.fits("f", written, {"f": schema}) == gate_tools.fits("f", written, {"f": careful})
