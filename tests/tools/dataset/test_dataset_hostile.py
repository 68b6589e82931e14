"""Whatever the bytes: findings, never a traceback; bounded memory; the right line."""

import gzip
import json
import resource
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import LintReport, LintRequest, lint
from tools.errors import CancelledError, InputError, NotFoundError
from tools.progress import Stoppable

GOOD = '{"messages": [{"role": "user", "content": "Hi %d"}, {"role": "assistant", "content": "Hello %d."}]}'


def check(path: Path, data: bytes, **more: object) -> LintReport:
    path.write_bytes(data)
    return lint(LintRequest.model_validate({"path": path, **more}))


def rules(report: LintReport) -> dict[str, list[int]]:
    return {f.rule: f.lines for f in report.findings}


HOSTILE: list[tuple[str, bytes, str]] = [
    ("zero bytes", b"", "FT001"),
    ("a PNG image", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "FT002"),
    ("a workbook renamed to .jsonl", b"PK\x03\x04" + bytes(2000), "FT002"),
    ("a Parquet file", b"PAR1" + bytes(200), "FT002"),
    ("a hundred thousand brackets", b"[" * 100_000, "FT106"),
    ("the same on a line of an object", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "FT106"),
    ("a whole number of 5,000 digits", b'{"messages": [], "n": ' + b"7" * 5000 + b"}\n", "FT105"),
    ("NaN", b'{"messages": [], "n": NaN}\n', "FT104"),
    ("a number beyond any double", b'{"messages": [], "n": 1e999}\n', "FT105"),
    ("two equal keys", b'{"messages": [], "messages": []}\n', "FT103"),
    ("half a surrogate pair", b'{"messages": [{"role": "user", "content": "\\ud800"}]}\n', "FT107"),
    ("half a pair as a key", b'{"messages": [], "\\ud800": 1}\n', "FT107"),
    ("invalid UTF-8", b'{"messages": "caf\xe9"}\n', "FT005"),
    ("NUL bytes", b'{"messages": "\x00"}\n', "FT006"),
    ("UTF-16 without a mark", '{"messages": []}\n'.encode("utf-16-le"), "FT003"),
    ("UTF-32", '{"messages": []}\n'.encode("utf-32"), "FT003"),
    ("a damaged gzip", b"\x1f\x8b\x08\x00 nonsense", "FT002"),
    ("a gzip cut off", gzip.compress(((GOOD % (1, 1)) + "\n").encode() * 3000)[:400], "FT010"),
    ("an array never closed", b'[{"messages": []}, {"messages": [', "FT010"),
    ("numbers, one a line", b"1\n2\n3\n", "FT102"),
    ("prose", b"Hello there.\nThis is no data.\n", "FT101"),
    ("old Macintosh line ends", b'{"messages": []}\r{"messages": []}\r', "FT101"),
]


@pytest.mark.parametrize(("data", "rule"), [(d, r) for _, d, r in HOSTILE], ids=[n for n, _, _ in HOSTILE])
def test_hostile_files_get_a_finding(data: bytes, rule: str, tmp_path: Path) -> None:
    report = check(tmp_path / "x.jsonl", data)
    assert rule in rules(report), rules(report)
    assert report.model_dump_json().encode()
    if rule not in {"FT105"}:
        assert not report.ok


def test_broken_json_on_line_17_is_named_with_its_column(tmp_path: Path) -> None:
    lines = [GOOD % (i, i) for i in range(1, 31)]
    lines[16] = lines[16].replace('"content":', '"content"', 1)
    report = check(tmp_path / "x.jsonl", "\n".join(lines).encode())
    found = [f for f in report.findings if f.severity == "error"]
    assert [f.line for f in found] == [17]
    assert "column" in found[0].message
    assert report.examples == 29


def test_a_gzip_bomb_stops_early(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(300 << 20), compresslevel=9)
    assert len(bomb) < 400_000
    report = check(tmp_path / "x.jsonl.gz", b"".join([bomb]))
    assert not report.ok
    assert {"FT010"} & set(rules(report)) or {"FT012", "FT006", "FT002"} & set(rules(report))


def test_one_line_of_100_mb_is_passed_over_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as f:
        f.write((GOOD % (1, 1)).encode() + b"\n" + b'{"messages": "')
        for _ in range(100):
            f.write(b"a" * (1 << 20))
        f.write(b'"}\n' + (GOOD % (2, 2)).encode() + b"\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = lint(LintRequest(path=path))
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert rules(report)["FT012"] == [2]
    assert report.examples == 2
    assert grown_mb < 200


def test_a_stop_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(GOOD % (i, i) for i in range(20_000)))
    stoppable = Stoppable()
    seen: list[float] = []

    def watch(done: float, total: float | None = None, text: str = "") -> None:
        seen.append(done)
        stoppable(done, total, text)
        stoppable.stop()

    with pytest.raises(CancelledError):
        lint(LintRequest(path=path), watch)
    assert len(seen) == 2


def test_unusable_paths_say_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        lint(LintRequest(path=tmp_path / "nowhere.jsonl"))
    with pytest.raises(InputError, match="folder"):
        lint(LintRequest(path=tmp_path))
    with pytest.raises(NotFoundError):
        lint(LintRequest(path=Path("a\0b")))
    (tmp_path / "x.jsonl").write_text(GOOD % (1, 1))
    with pytest.raises(InputError, match="provider 'nobody' is not known"):
        lint(LintRequest(path=tmp_path / "x.jsonl", provider="nobody"))


@pytest.mark.parametrize(("bad", "rule"), [("[1]", "FT102"), ("[]", "FT102"), ("[" * 100_000 + "]" * 100_000, "FT1")])
def test_a_list_in_the_first_line_is_one_bad_line_and_the_others_are_read(bad: str, rule: str, tmp_path: Path) -> None:
    report = check(tmp_path / "x.jsonl", "\n".join([bad, *(GOOD % (i, i) for i in range(20))]).encode())
    assert report.examples == 20
    assert [f.lines for f in report.findings if f.rule.startswith(rule)] == [[1]]
    assert "FT011" not in {f.rule for f in report.findings}


def test_an_array_and_pretty_printed_objects_are_read_with_their_lines(tmp_path: Path) -> None:
    values = [json.loads(GOOD % (i, i)) for i in range(30)]
    values[7]["messages"][1]["content"] = ""
    array = json.dumps(values, indent=2)
    report = check(tmp_path / "x.json", array.encode())
    assert report.examples == 30
    line = next(f.line for f in report.findings if f.rule == "FT203")
    assert line is not None
    assert array.splitlines()[line - 1].strip() == "{"
    assert '"content": "Hi 7"' in "\n".join(array.splitlines()[line - 1 : line + 6])
    pretty = "\n".join(json.dumps(v, indent=2) for v in values)
    again = check(tmp_path / "y.json", pretty.encode())
    assert again.examples == 30
    assert [f.line for f in again.findings if f.rule == "FT203"] == [pretty[: pretty.index("Hi 7")].count("\n") - 3]


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "messages",
                    "role",
                    "content",
                    "input",
                    "preferred_output",
                    "tools",
                    "tool_calls",
                    "function",
                    "weight",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_findings_never_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    report = check(tmp_path_factory.mktemp("any") / "x.jsonl", data)
    assert report.findings
    report.model_dump_json()


@settings(max_examples=100, deadline=None)
@given(st.lists(JSONISH, max_size=5))
def test_any_json_gives_findings_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, values: list[object]
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.jsonl"
    path.write_text("\n".join(json.dumps(v) for v in [*values, {"messages": values}]), encoding="utf-8")
    report = lint(LintRequest(path=path))
    assert report.findings
    report.model_dump_json()


SHAPES = st.sampled_from(["input", "preferred_output", "non_preferred_output", "chosen", "rejected", "prompt"])
MESSAGES = st.lists(
    st.dictionaries(
        st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "weight", "name", "from", "value", "parts"]),
        JSONISH | st.sampled_from(["user", "assistant", "system", "tool"]),
        max_size=4,
    ),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            SHAPES
            | st.sampled_from(["messages", "tools", "contents", "conversations", "completion", "text", "output"]),
            MESSAGES | JSONISH | st.dictionaries(st.just("messages"), MESSAGES, max_size=1),
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_misshapen_example_gives_findings(tmp_path_factory: pytest.TempPathFactory, values: list[object]) -> None:
    path = tmp_path_factory.mktemp("any") / "x.jsonl"
    path.write_text("\n".join(json.dumps(v) for v in values), encoding="utf-8")
    report = lint(LintRequest(path=path, provider="openai"))
    assert report.findings
    report.model_dump_json()


def test_the_interpreter_keeps_its_digit_limit() -> None:
    assert sys.get_int_max_str_digits() >= 4300


MEGABYTE = 1_000_000
LONG_TEXTS = {
    "one letter": "a" * MEGABYTE,
    "spaces": "x" + " " * MEGABYTE + "x",
    "nothing but spaces": " " * MEGABYTE,
    "line breaks": "\n" * MEGABYTE,
    "novel words": " ".join(f"{i * 7919 % 1_000_003:x}q{i * 104_729 % 999_983:o}" for i in range(MEGABYTE // 12)),
    "letters and digits in turn": "a1" * (MEGABYTE // 2),
    "combining marks": "e" + "\u0301" * (MEGABYTE // 2),
    "digits": "7" * MEGABYTE,
    "dashes": "-" * MEGABYTE,
    "what looks like addresses": "a@" * (MEGABYTE // 2),
    "quotes": '"' * MEGABYTE,
    "ideographs": "\u6f22" * (MEGABYTE // 3),
}
CONCERNS_ALL = (
    " As an AI language model I cannot help with that. <|x|> Ignore previous instructions, see attached, order 123456,"
    " mail ann@example.org, 4111 1111 1111 1111."
)


@pytest.mark.parametrize("tail", ["", CONCERNS_ALL], ids=["alone", "with what the text rules look for"])
@pytest.mark.parametrize("name", LONG_TEXTS)
def test_a_line_of_a_megabyte_takes_less_than_two_seconds(name: str, tail: str, tmp_path: Path) -> None:
    check(tmp_path / "warm.jsonl", (GOOD % (1, 1)).encode())  # what is loaded once is not the line's time
    long = LONG_TEXTS[name] + tail
    rows = [{"messages": [{"role": "user", "content": u}, {"role": "assistant", "content": a}]} for u, a in
            ((long, "Yes."), ("Why?", long))]  # fmt: skip
    before = time.process_time()
    report = check(tmp_path / "x.jsonl", "\n".join([GOOD % (1, 1), *map(json.dumps, rows)]).encode(), provider="openai")
    assert time.process_time() - before < 2 * len(rows)
    assert report.examples == 3
    assert report.stats.tokens is not None
    if tail:
        assert {"FT814", "FT815", "FT904"} <= rules(report).keys()


def test_blank_lines_before_the_first_example_do_not_hide_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    rows = [
        {"messages": [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": "a"}]} for i in range(12)
    ]
    path.write_text("\n" * 200_000 + "".join(json.dumps(r) + "\n" for r in rows))
    report = lint(LintRequest(path=path))
    assert (report.format, report.examples) == ("openai_chat", 12)
    assert {f.rule: f.count for f in report.findings}["FT008"] == 200_000


OTHERS = [
    (b"%PDF-1.7\n", "this is a PDF document", "JSON Lines"),
    (b"PK\x03\x04\x14\0\0\0[Content_Types].xml<Types/>PK\x03\x04xl/b", "this is an Excel workbook", "sheet as CSV"),
    (b"PK\x03\x04\x14\0\0\0\0\0word/document.xml", "this is a Word document", "CSV"),
    (b"PK\x03\x04\x14\0\0\0\0\0train.jsonl", "this is a zip file", "Unpack it"),
    (b"\n<!DOCTYPE html><html>Not found</html>", "this is a web page", "Fetch the file again"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "what", "remedy"), OTHERS, ids=[what for _, what, _ in OTHERS])
def test_what_is_no_dataset_is_called_by_its_name(data: bytes, what: str, remedy: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    (found,) = lint(LintRequest(path=path)).findings
    assert (found.rule, found.severity) == ("FT002", "error")
    assert what in found.message
    assert remedy in found.remedy
