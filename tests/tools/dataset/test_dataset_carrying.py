"""Images that rows name come along with the parts of a split: whole, nothing from outside, nothing overwritten."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import leftovers, pictures
from tools.dataset import SplitReport, SplitRequest, split
from tools.errors import InputError
from tools.jobs import processes

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\2\0\0\0\2\x08\2\0\0\0"


def dataset(folder: Path, names: list[str]) -> Path:
    """Forty rows; those with a name have an image at it."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"]
    rows = []
    for i in range(40):
        content: object = f"{words[i % 7]} what is picture {i * 31} of {words[i * 3 % 7]}?"
        if i < len(names):
            content = [{"type": "text", "text": content}, {"type": "image_url", "image_url": {"url": names[i]}}]
        rows.append(
            {"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": f"It is {i}."}]}
        )
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def image(path: Path, more: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PNG + more)
    return path


def divided(path: Path, out: Path) -> SplitReport:
    return split(SplitRequest(path=path, out=out, validation=0.2, held_out=0.2))


def beside(out: Path) -> set[str]:
    """The files in a folder that are no parts."""
    parts = {"train.jsonl", "validation.jsonl", "held_out.jsonl", "split.json"}
    return {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} - parts


def test_the_parts_find_their_images_in_another_folder(tmp_path: Path) -> None:
    names = [f"photos/{i % 20}.png" for i in range(30)] + ["./photos/../photos/3.png", "https://example.org/a.png"]
    path = dataset(tmp_path / "here", names)
    for i in range(20):
        image(tmp_path / "here" / "photos" / f"{i}.png", bytes([i]))
    told: list[tuple[int, int | None, str]] = []
    report = split(SplitRequest(path=path, out=tmp_path / "there"), lambda *said: told.append(said))
    shutil.move(tmp_path / "there", tmp_path / "moved")
    shutil.rmtree(tmp_path / "here")
    assert beside(tmp_path / "moved") == {f"photos/{i}.png" for i in range(20)}
    for part in report.parts:
        with pictures.embedded(tmp_path / "moved" / Path(part.path).name) as whole:
            text = whole.read_text()
            assert "photos" not in text
    assert any(note.startswith("The 20 image files") for note in report.notes)
    assert told[-1] == (20 * (len(PNG) + 1), 20 * (len(PNG) + 1), "copying images")


def test_beside_the_dataset_nothing_is_copied(tmp_path: Path) -> None:
    here = tmp_path / "here"
    path = dataset(here, ["a.png"])
    image(here / "a.png")
    assert not [note for note in divided(path, here).notes if "image" in note]
    assert beside(here) == {"a.png", "data.jsonl"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../secret.png", "outside"),
        ("way/out.png", "outside"),
        ("link.png", "outside"),
        ("photos/../../secret.png", "outside"),
        ("missing.png", "is not there"),
        ("photos", "is not there"),
        ("circle.png", "is not there"),
        ("a\0b.png", "is not there"),
        ("x" * 9_000, "is not there"),
        ("passwords.txt", "is no PNG"),
        ("data.jsonl", "is no PNG"),
        ("{here}/a.png", "whole path"),
        ("file://{here}/a.png", "whole path"),
        ("/etc/passwd", "whole path"),
    ],
)
def test_what_is_no_image_of_the_dataset_stays_behind_and_is_said(tmp_path: Path, name: str, why: str) -> None:
    here = tmp_path / "here"
    path = dataset(here, ["a.png", name.replace("{here}", str(here))])
    image(here / "a.png")
    image(tmp_path / "secret.png")
    image(tmp_path / "elsewhere" / "out.png")
    (here / "photos").mkdir()
    (here / "passwords.txt").write_text("hunter2")
    (here / "way").symlink_to(tmp_path / "elsewhere")
    (here / "link.png").symlink_to(tmp_path / "secret.png")
    (here / "circle.png").symlink_to(here / "circle.png")
    report = divided(path, tmp_path / "there" / "parts")
    assert beside(tmp_path / "there") - {f"parts/{p.name}.jsonl" for p in report.parts} == {
        "parts/a.png",
        "parts/split.json",
    }
    [note] = [n for n in report.notes if n.startswith("One image is not beside the parts: that on line 2")]
    assert why in note


@pytest.mark.parametrize(
    "other", [lambda p: image(p, b"other"), lambda p: p.mkdir(parents=True), lambda p: os.symlink("/x", p)]
)
def test_another_file_in_the_place_is_never_overwritten(tmp_path: Path, other: Callable[[Path], object]) -> None:
    path = dataset(tmp_path / "here", ["b.png", "a.png"])
    image(tmp_path / "here" / "a.png")
    image(tmp_path / "here" / "b.png")
    (tmp_path / "there").mkdir()
    other(tmp_path / "there" / "a.png")
    before = os.lstat(tmp_path / "there" / "a.png")
    with pytest.raises(InputError, match=r"another file stands where the image a\.png belongs"):
        divided(path, tmp_path / "there")
    assert os.lstat(tmp_path / "there" / "a.png") == before
    assert sorted(p.name for p in (tmp_path / "there").iterdir()) == ["a.png"]


def test_a_folder_that_leads_elsewhere_is_not_written_into(tmp_path: Path) -> None:
    path = dataset(tmp_path / "here", ["photos/a.png"])
    image(tmp_path / "here" / "photos" / "a.png")
    for folder in ("there", "elsewhere"):
        (tmp_path / folder).mkdir()
    (tmp_path / "there" / "photos").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="another file stands"):
        divided(path, tmp_path / "there")
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_the_same_image_may_be_there_already_and_what_a_killed_split_left_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dataset(tmp_path / "here", ["a.png", "b.png"])
    image(tmp_path / "here" / "a.png")
    image(tmp_path / "here" / "b.png")
    image(tmp_path / "there" / "a.png")
    left = tmp_path / "there" / f"{leftovers.prefix('advisor-split')}x"
    own = image(tmp_path / "there" / ".split-before" / "kept.png")
    left.mkdir()
    os.utime(own.parent, (0, 0))
    monkeypatch.setattr(processes, "gone", lambda holder: True)
    report = divided(path, tmp_path / "there")
    assert beside(tmp_path / "there") == {"a.png", "b.png", ".split-before/kept.png"}
    assert not left.exists()
    assert any(note.startswith("The 2 image files") for note in report.notes)


def test_without_room_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dataset(tmp_path / "here", ["a.png"])
    image(tmp_path / "here" / "a.png", bytes(3_000_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda where: shutil._ntuple_diskusage(10**7, 10**7 - 10**6, 10**6))
    with pytest.raises(InputError, match=r"have 3\.0 MB, and 1\.0 MB are free"):
        divided(path, tmp_path / "there")
    assert not [*(tmp_path / "there").iterdir()]


def test_a_disk_without_links_takes_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dataset(tmp_path / "here", ["a.png", "photos/b.png"])
    image(tmp_path / "here" / "a.png")
    image(tmp_path / "here" / "photos" / "b.png", b"b")

    def refuse(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    divided(path, tmp_path / "there")
    assert beside(tmp_path / "there") == {"a.png", "photos/b.png"}
    assert (tmp_path / "there" / "photos" / "b.png").read_bytes() == PNG + b"b"
