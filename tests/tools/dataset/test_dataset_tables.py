"""Tables are linted as they are: CSV of any separator, Parquet; columns by their names or as named, rows as lines."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import ConvertRequest, LintReport, LintRequest, convert, lint
from tools.dataset.formats import recognise
from tools.dataset.formats.columns import Columns
from tools.dataset.reading import Reading
from tools.errors import InputError


def check(path: Path, **more: object) -> LintReport:
    return lint(LintRequest.model_validate({"path": path, **more}))


def found(report: LintReport) -> dict[str, list[int]]:
    return {f.rule: f.lines for f in report.findings}


NAMES: list[tuple[list[str], tuple[str, str] | None]] = [
    (["text", "category"], ("text", "category")),
    (["id", "Customer Question", "agent_reply"], ("Customer Question", "agent_reply")),
    (["question", "answer", "source"], ("question", "answer")),
    (["ticketText", "Queue label"], ("ticketText", "Queue label")),
    (["label", "sentence"], ("sentence", "label")),
    (["Prompt", "Response"], ("Prompt", "Response")),
    (["first", "second"], None),
    (["question"], None),
    (["answer"], None),
]


@pytest.mark.parametrize(("names", "pair"), NAMES)
def test_columns_are_recognised_by_their_usual_names(names: list[str], pair: tuple[str, str] | None) -> None:
    seen = recognise([dict.fromkeys(names, "x")] * 3, kind="csv")
    if pair is None:
        assert seen.columns is None
        return
    assert seen.columns is not None
    assert (seen.columns.user, seen.columns.assistant) == pair
    assert all(f'"{name}"' in seen.reason for name in pair)


def test_home_made_keys_are_read_like_columns_but_known_formats_come_first() -> None:
    def name(**value: object) -> str | None:
        form = recognise([value]).format
        return form.name if form else None

    assert name(question="a", answer="b") == "columns"
    assert name(prompt="a", response="b") == "columns"
    assert name(text="a", label="b") == "columns"
    assert name(prompt="a", answer="42") == "trl_prompt_only"
    assert name(prompt="a", completion="b") == "prompt_completion"
    assert name(text="a") == "text"


def test_named_columns_count_before_anything_else_and_must_be_there() -> None:
    rows = [{"text": "a", "category": "b", "note": "c"}]
    asked = recognise(rows, Columns(user="note"), "csv")
    assert asked.columns is not None
    assert (asked.columns.user, asked.columns.assistant) == ("note", "category")
    with pytest.raises(InputError, match=r"no column 'label'.*text, category, note"):
        recognise(rows, Columns("text", "label"), "csv")
    with pytest.raises(InputError, match="which columns"):
        recognise([{"a": "x", "b": "y"}], Columns("a"), "csv")


@pytest.mark.parametrize(
    ("separator", "encoding", "name"),
    [(",", "utf-8", "t.csv"), (";", "utf-8-sig", "t.csv"), ("\t", "utf-16", "t.tsv"), (",", "utf-8", "t.csv.gz")],
)
def test_rows_are_the_lines_of_findings(separator: str, encoding: str, name: str, tmp_path: Path) -> None:
    rows = [["text", "category"], *([f'Where is "{i}",\nplease?', f"order {i % 3}"] for i in range(60))]
    rows[5][1] = ""
    text = tmp_path / "t"
    with text.open("w", newline="", encoding=encoding) as f:
        csv.writer(f, delimiter=separator).writerows(rows)
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.read_bytes()) if name.endswith("gz") else text.read_bytes())
    report = check(path)
    assert (report.format, report.technique, report.examples) == ("csv", "sft", 60)
    assert '"text", read as the question, and "category", as the answer' in report.format_reason
    assert found(report)["FT203"] == [6]
    [first] = [e for e in Reading(path) if e.line == 2]
    assert [(t.role, t.text) for t in first.turns] == [("user", 'Where is "0",\nplease?'), ("assistant", "order 0")]


def test_a_table_can_hold_whole_conversations(tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    tools = [{"type": "function", "function": {"name": "f"}}]
    talks = [
        [{"role": "user", "content": f"Hi {i}"}, {"role": "assistant", "content": f"Hello {i}."}] for i in range(60)
    ]
    talks[3] = [{"role": "user", "content": "Look"}, {"role": "assistant", "tool_calls": [call]}]
    talks[7][1]["content"] = " "
    rows = [{"messages": t, "tools": tools if i == 3 else None} for i, t in enumerate(talks)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet", row_group_size=16)
    with (tmp_path / "t.csv").open("w", newline="") as f:
        csv.writer(f).writerows(
            [["messages", "tools"], *([json.dumps(r["messages"]), json.dumps(r["tools"])] for r in rows)]
        )
    for name, row in (("t.parquet", 8), ("t.csv", 9)):
        report = check(tmp_path / name)
        assert (report.format, report.examples) == ("openai_chat", 60)
        assert {f.rule: f.lines for f in report.findings if f.severity == "error"} == {"FT203": [row]}, name


def test_parquet_values_of_other_kinds(tmp_path: Path) -> None:
    table = pa.table({"question": ["a", None, "c"], "label": [1, 2, None], "w": [0.5, float("nan"), 1.0]})
    pq.write_table(table, tmp_path / "t.parquet")
    report = check(tmp_path / "t.parquet")
    assert (report.format, report.examples) == ("parquet", 3)
    assert found(report)["FT207"] == [2, 3]
    (tmp_path / "half.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:200])
    damaged = check(tmp_path / "half.parquet")
    assert "cannot be read" in next(f.message for f in damaged.findings if f.rule == "FT002")


def test_pictures_in_a_parquet_file_are_named_once_and_never_written_as_python(tmp_path: Path) -> None:
    picture = {"bytes": b"\x89PNG\r\n\x1a\n\0\0", "path": "a.png"}
    table = pa.table(
        {
            "image": [picture] * 12,
            "scans": [[picture]] * 12,
            "question": [f"How many ships lie in harbour {i}?" for i in range(12)],
            "answer": [f"{i} ships".encode() for i in range(12)],  # text that the file does not call so
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    report = check(tmp_path / "t.parquet")
    assert found(report)["FT016"] == []
    said = next(f for f in report.findings if f.rule == "FT016")
    assert said.message == (
        "columns that hold bytes and no text were not read: image (a PNG image), scans (a PNG image)"
    )
    assert "data:image/png;base64" in said.remedy
    done = convert(ConvertRequest(path=tmp_path / "t.parquet", out=tmp_path / "o.jsonl"))
    assert done.lost == {"the bytes of the column image": 12, "the bytes of the column scans": 12}
    first = json.loads((tmp_path / "o.jsonl").read_text().splitlines()[0])
    assert [m["content"] for m in first["messages"]] == ["How many ships lie in harbour 0?", "0 ships"]
    with pytest.raises(InputError, match="the column 'image' holds bytes, not text"):
        check(tmp_path / "t.parquet", user="image", assistant="answer")


def test_bytes_inside_a_conversation_leave_the_rest_of_it(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Hi", "raw": b"\x00\xff"}, {"role": "assistant", "content": "Ho", "raw": None}]
    pq.write_table(pa.table({"messages": [turns] * 12}), tmp_path / "t.parquet")
    report = check(tmp_path / "t.parquet")
    assert (report.format, report.examples) == ("openai_chat", 12)
    assert "messages.raw (bytes)" in next(f.message for f in report.findings if f.rule == "FT016")


def test_old_windows_text_is_named_by_its_row(tmp_path: Path) -> None:
    good = "text,category\nthé,drink\ncrème brûlée,food\n".encode()
    (tmp_path / "t.csv").write_bytes(good + "café,food\n".encode("cp1252"))
    assert found(check(tmp_path / "t.csv"))["FT005"] == [4]


def test_a_table_without_rows_is_no_training_file(tmp_path: Path) -> None:
    head, parquet = tmp_path / "head.csv", tmp_path / "none.parquet"
    head.write_text("question,answer\n")
    pq.write_table(pa.table({"prompt": pa.array([], pa.string()), "completion": pa.array([], pa.string())}), parquet)
    for file in (head, parquet):
        report = lint(LintRequest(path=file))
        assert not report.ok
        assert [f.rule for f in report.findings if f.severity == "error"] == ["FT001"]


def test_a_damaged_gzip_file_is_not_called_blank(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl.gz"
    file.write_bytes(b"\x1f\x8b\x08\x00garbage")
    assert "gzip" in lint(LintRequest(path=file)).findings[0].message


def test_a_table_without_names_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Where is it?,order\nI lost it,card\n")
    report = check(tmp_path / "t.csv")
    assert (report.format, report.examples) == ("csv", 0)
    [finding] = [f for f in report.findings if f.rule == "FT013"]
    assert "Where is it?" in finding.message
    assert "put a row of names above it" in finding.remedy
    named = check(tmp_path / "t.csv", user="Where is it?", assistant="order", system="Sort.")
    assert named.examples == 1
    assert named.stats.systems == 1


def test_a_validation_table_is_compared_with_a_chat_file(tmp_path: Path) -> None:
    lines = [
        json.dumps({"messages": [{"role": "user", "content": f"q {i}"}, {"role": "assistant", "content": f"a {i}"}]})
        for i in range(60)
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))
    (tmp_path / "val.csv").write_text("question,answer\nq 3,a 3\nq 900,a 900\n")
    report = check(tmp_path / "train.jsonl", validation=tmp_path / "val.csv")
    assert found(report)["FT804"] == [4]


def test_offers_repair_a_table_too(tmp_path: Path) -> None:
    rows = [f"q{i},refund" for i in range(8)] + ["r,Refund ", "s,card", "t,card", "t,card", "I am a.b@example.org,card"]
    (tmp_path / "t.csv").write_text("\n".join(["text,category", *rows]))
    out = tmp_path / "out.jsonl"
    report = check(tmp_path / "t.csv", fix_to=out, offers={"mask", "drop-duplicates", "repair-labels"})
    assert report.fix is not None
    assert report.fix.changes == {"FT014": 1, "mask": 1, "drop-duplicates": 1, "repair-labels": 1}
    again = check(out)
    assert (again.format, again.examples) == ("openai_chat", 12)
    assert not {"FT014", "FT801", "FT806", "FT904"} & set(found(again))


def test_a_copy_of_a_table_that_would_lose_rows_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,category\na, b,c\nd,e\n")
    with pytest.raises(InputError, match="1 rows cannot be read"):
        check(tmp_path / "t.csv", fix_to=tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"text,label\n", b"a;b\n", b"messages\n"]))
def test_any_bytes_as_a_table_give_findings(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, header: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_bytes(header + data)
    report = lint(LintRequest(path=path))
    assert report.findings
    report.model_dump_json()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_in_a_parquet_or_gzip_file_give_findings(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(gzip.compress(data) if packed else b"PAR1" + data + b"PAR1")
    report = lint(LintRequest(path=path))
    assert report.findings
    report.model_dump_json()


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_a_written_table_is_read_back_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], separator: str
) -> None:
    path = tmp_path_factory.mktemp("whole") / "x.csv"
    with path.open("w", newline="", encoding="utf-8") as f:
        csv.writer(f, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    read = [tuple(t.text for t in e.turns) for e in Reading(path)]
    assert read == rows


@pytest.mark.parametrize(
    ("charset", "question", "answer"),
    [
        ("cp1252", "Wann kommt meine Bestellung für Köln? Grüße", "Sie ist schon unterwegs, schöne Grüße"),
        ("cp1251", "Когда придёт мой заказ из магазина?", "Он уже в пути и будет завтра"),
        ("utf-8", "Wann kommt meine Bestellung für Köln?", "Übermorgen"),
    ],
)
def test_a_spreadsheets_own_encoding_is_read(tmp_path: Path, charset: str, question: str, answer: str) -> None:
    path = tmp_path / "table.csv"
    lines = ["question;answer", *(f"{question} {i};{answer} {i * 7}" for i in range(40))]
    path.write_bytes("\r\n".join(lines).encode(charset))
    report = lint(LintRequest(path=path, fix_to=tmp_path / "fixed.jsonl"))
    assert "FT005" not in {f.rule for f in report.findings}
    assert report.examples == 40
    assert answer in (tmp_path / "fixed.jsonl").read_text(encoding="utf-8")
    (table,) = [f for f in report.findings if f.rule == "FT014"]
    assert (f"read as {charset}" in table.message) is (charset != "utf-8")
