"""Repairs go to a new file, change no meaning unasked, and what they repaired is found no more."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.dataset import FixReport, LintRequest, lint
from tools.dataset.fixing import offers
from tools.errors import InputError


def example(question: str, answer: str, role: str = "user") -> str:
    value = {"messages": [{"role": role, "content": question}, {"role": "assistant", "content": answer}]}
    return json.dumps(value, ensure_ascii=False)


def fixed(path: Path, data: bytes, *asked: str) -> tuple[FixReport, list[str]]:
    path.write_bytes(data)
    out = path.with_name("out.jsonl")
    report = lint(LintRequest(path=path, fix_to=out, offers=frozenset(asked)))
    assert report.fix is not None
    assert path.read_bytes() == data, "the original is the undo"
    return report.fix, out.read_text(encoding="utf-8").splitlines()


def test_safe_repairs_change_no_text(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + f"{example('Hi', 'Hello.')}\r\n\n{example('é', 'ß', 'Human')}\n".encode()
    report, lines = fixed(tmp_path / "x.jsonl", data)
    assert lines == [example("Hi", "Hello."), example("é", "ß")]
    assert report.changes == {"FT007": 1, "FT008": 1, "FT206": 1, "FT004": 1}
    assert (report.lines_in, report.lines_out) == (3, 2)
    assert any(line.startswith("-3:") for line in report.diff)


def test_an_array_becomes_lines(tmp_path: Path) -> None:
    values = [json.loads(example(f"q{i}", f"a{i}")) for i in range(3)]
    _, lines = fixed(tmp_path / "x.json", json.dumps(values, indent=1).encode())
    assert [json.loads(line) for line in lines] == values


@pytest.mark.parametrize("data", [b'["x"]', b'[{"messages": []}, 5]', b'[{"messages": []}', b'[5, {"messages": []}]'])
def test_a_copy_that_would_lose_something_is_not_written(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    assert "FT010" in {f.rule for f in lint(LintRequest(path=path)).findings}
    with pytest.raises(InputError, match="would lose"):
        lint(LintRequest(path=path, fix_to=tmp_path / "out.jsonl"))
    assert not (tmp_path / "out.jsonl").exists()


def test_utf_16_becomes_utf_8(tmp_path: Path) -> None:
    _, lines = fixed(tmp_path / "x.jsonl", (example("é", "ß") + "\n").encode("utf-16"))
    assert lines == [example("é", "ß")]


def test_what_changes_the_data_is_only_done_when_asked(tmp_path: Path) -> None:
    rows = [
        example("I am ann.lee@example.org, card 4788 8472 9275 6966", "Refund"),
        example("b", "x"),
        example("b", "x"),
    ]
    data = "\n".join(rows).encode()
    _, plain = fixed(tmp_path / "x.jsonl", data)
    assert plain == rows
    (tmp_path / "out.jsonl").unlink()
    report, lines = fixed(tmp_path / "x.jsonl", data, "mask", "drop-duplicates")
    assert lines == [example("I am <e-mail>, card <card>", "Refund"), example("b", "x")]
    assert report.changes == {"mask": 1, "drop-duplicates": 1}
    assert not any("ann.lee" in line or "4788" in line for line in report.diff), "a diff shows no secret"
    assert [line[:3] for line in report.diff] == ["+1:", "-3:"], "what was masked has no side that could be shown"
    assert "I am <e-mail>, card <card>" in report.diff[0], "the place that changed is in sight"


def test_labels_take_their_most_frequent_spelling(tmp_path: Path) -> None:
    rows = [example(f"q{i}", "refund") for i in range(8)] + [
        example("r", "Refund "),
        example("s", "card"),
        example("t", "card"),
    ]
    _, lines = fixed(tmp_path / "x.jsonl", "\n".join(rows).encode(), "repair-labels")
    assert json.loads(lines[8])["messages"][1]["content"] == "refund"


def test_nothing_is_overwritten_and_unknown_repairs_are_said(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(example("a", "b"))
    with pytest.raises(InputError, match="already there"):
        lint(LintRequest(path=path, fix_to=path))
    with pytest.raises(InputError, match="no repair is called polish"):
        lint(LintRequest(path=path, fix_to=tmp_path / "new.jsonl", offers=frozenset({"polish"})))
    assert set(offers()) == {"mask", "drop-duplicates", "repair-labels"}


LINES = st.lists(
    st.sampled_from(["", "  ", "{broken", '["x"]', example("Hi", "Ho"), example("Hi", "Ho", "Human"), example("x", "")])
    | st.tuples(st.text(max_size=8), st.text(max_size=8)).map(lambda t: example(*t))
    | st.just(example("mail a.b@example.org", "+1 (201) 555-0123")),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_after_a_fix_what_was_fixed_is_clean(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, bom: bool
) -> None:
    folder = tmp_path_factory.mktemp("fix")
    data = (b"\xef\xbb\xbf" if bom else b"") + "".join(line + end for line in lines).encode("utf-8", "replace")
    if not data.strip(b"\xef\xbb\xbf\r\n "):
        return
    path = folder / "x.jsonl"
    path.write_bytes(data)
    asked = frozenset({"mask", "drop-duplicates"})
    try:
        before = lint(LintRequest(path=path, fix_to=folder / "out.jsonl", offers=asked))
    except InputError:  # a line that begins like an array; the copy would lose what is in it
        assert not (folder / "out.jsonl").exists()
        return
    after = lint(LintRequest(path=folder / "out.jsonl"))
    repaired = {f.rule for f in before.findings if f.fixable or f.offer in asked}
    assert not repaired & {f.rule for f in after.findings}
    again = lint(LintRequest(path=folder / "out.jsonl", fix_to=folder / "twice.jsonl", offers=asked))
    assert (folder / "twice.jsonl").read_bytes() == (folder / "out.jsonl").read_bytes()
    assert again.fix is not None
