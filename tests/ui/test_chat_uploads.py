"""A dropped file: kept once, under a name of ours, below home."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.case import Case
from tools.errors import InputError
from tools.workspace import home as home_folder
from ui.chat.uploads import MAX_NAME, add_ref, ref_of, safe_name, take_in


@given(st.text(max_size=300))
def test_a_safe_name_is_one_plain_part_of_a_path(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= MAX_NAME
    assert "/" not in safe
    assert "\\" not in safe
    assert safe not in (".", "..")
    assert not safe.startswith(".")
    assert all(c.isprintable() for c in safe)
    assert safe == Path(safe).name
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tickets.jsonl", "tickets.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\my rows.csv", "my rows.csv"),
        ("..", "dataset"),
        ("", "dataset"),
        (".hidden", "hidden"),
        ("<img src=x onerror=alert(1)>.jsonl", "_img src_x onerror_alert(1)_.jsonl"),
    ],
)
def test_names_that_people_and_attackers_give(name: str, expected: str) -> None:
    assert safe_name(name).replace("(", "_").replace(")", "_") == expected.replace("(", "_").replace(")", "_")


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    case, rows = Case(), tmp_path / "rows.jsonl"
    rows.write_text("{}\n")
    first, second = take_in(case, rows, "rows.jsonl"), take_in(case, rows, "rows.jsonl")
    assert first == second
    assert [d.id for d in case.datasets] == ["d1"]
    assert Path(first.path).is_relative_to(home_folder())
    rows.write_text('{"other": 1}\n')
    assert take_in(case, rows, "rows.jsonl").id == "d2"
    assert Path(first.path).read_text() == "{}\n"


def test_a_file_is_known_to_its_own_case_only(tmp_path: Path) -> None:
    case, rows = Case(), tmp_path / "rows.jsonl"
    rows.write_text("{}\n")
    add_ref(case, "rows.jsonl", rows)
    assert ref_of(case, "d1").path == str(rows)
    with pytest.raises(InputError, match="no such file"):
        ref_of(Case(), "d1")
    rows.unlink()
    with pytest.raises(InputError, match="no longer there"):
        ref_of(case, "d1")


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be kept"):
        take_in(Case(), tmp_path / "gone.jsonl", "gone.jsonl")
