"""Image files that rows name, brought along when the rows are written to another folder."""

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tools import leftovers
from tools.dataset.example import Example
from tools.errors import InputError
from tools.pictures import TYPES, address, path_in
from tools.progress import Progress

_HEAD_BYTES = max(map(len, TYPES.values()))
_WHAT = "advisor-split"
"""How what is copied is called as long as it is not in its place: the folder is the person's, so nobody else's name."""
_MISSING, _OUTSIDE = "is not there", "lies outside the dataset's folder"


class Carried(NamedTuple):
    """Image files to bring along."""

    files: dict[Path, Path]
    """Where each is to stand -> where it stands."""
    size: int
    """Bytes of all of them."""
    left: list[tuple[int, str]]
    """(line, why) of the images that stay behind."""


def images_of(examples: Iterable[Example], folder: Path, out: Path) -> Carried:
    """The image files that rows name, and their place in another folder, under the same name.

    Only images in the dataset's folder or below it are brought along, as only those are read where rows are used.

    Args:
        examples: the rows.
        folder: of the dataset.
        out: the other folder; may not be there yet. Where both are one, there is nothing to bring.

    Raises:
        InputError: another file stands where an image belongs.
    """
    folder, out = folder.resolve(), out.resolve()
    files: dict[Path, Path] = {}
    left: dict[str, tuple[int, str]] = {}
    size = 0
    for example in examples if folder != out else ():
        for name in _names(example):
            here, there, why = folder / name, Path(os.path.normpath(out / name)), ""
            try:
                here = here.resolve()
                why = _unfit(name, folder, here) or ("" if there.is_relative_to(out) else _OUTSIDE)
            except (OSError, ValueError, RuntimeError):  # no name of a file, or links in a circle
                why = _MISSING
            if why:
                left.setdefault(name, (example.line, why))
            elif there not in files:
                _refuse_another(here, there, out)
                files[there] = here
                size += here.stat().st_size
    return Carried(files, size, [*left.values()])


def _names(example: Example) -> Iterable[str]:
    for turn in example.all_turns:
        for part in turn.parts:
            url = address(part)
            if url is not None and (name := path_in(url)) is not None:
                yield name


def _unfit(name: str, folder: Path, file: Path) -> str:
    """Why an image cannot be brought along; empty when it can."""
    if Path(name).is_absolute():
        return "is named with its whole path, which leads to the old folder"
    if not file.is_relative_to(folder):
        return _OUTSIDE
    try:
        with file.open("rb") as f:
            head = f.read(_HEAD_BYTES)
    except OSError:
        return _MISSING
    return "" if head.startswith((*TYPES.values(),)) else "is no PNG, JPEG or WEBP image"


def _refuse_another(file: Path, place: Path, out: Path) -> None:
    if not place.resolve().is_relative_to(out) or (os.path.lexists(place) and not _same(file, place)):
        raise InputError(
            f"another file stands where the image {place.name} belongs",
            where=str(place),
            remedy="Name another folder; nothing is overwritten.",
        )


def _same(file: Path, place: Path) -> bool:
    return place.is_file() and filecmp.cmp(file, place, shallow=False)


def carry(found: Carried, out: Path, progress: Progress) -> list[str]:
    """Copy the files; what to say about it.

    Each is copied aside first and then put in its place whole. What a killed process left aside is swept.

    Raises:
        InputError: too little space, the disk gave an error, or another file appeared in a place.
    """
    leftovers.sweep(out, _WHAT)
    wanted = {place: file for place, file in found.files.items() if not os.path.lexists(place)}
    need = sum(file.stat().st_size for file in wanted.values())
    free = shutil.disk_usage(out).free
    if need > free:
        text = f"the images that the rows name have {need / 1e6:,.1f} MB, and {free / 1e6:,.1f} MB are free"
        raise InputError(text, where=str(out), remedy="Make room, or name a folder on another disk.")
    done = 0
    try:
        with tempfile.TemporaryDirectory(prefix=leftovers.prefix(_WHAT), dir=out) as aside:
            for place, file in wanted.items():
                copy = Path(aside) / "image"
                shutil.copyfile(file, copy)
                place.parent.mkdir(parents=True, exist_ok=True)
                _put(copy, place, out.resolve())
                done += place.stat().st_size
                progress(done, need, "copying images")
    except OSError as e:
        raise InputError(f"the images cannot be copied ({e.strerror})", where=str(out)) from None
    return [*_said(found)]


def _put(copy: Path, place: Path, out: Path) -> None:
    """Give a copy its name; what has that name already stays as it is."""
    try:
        os.link(copy, place)
    except FileExistsError:
        _refuse_another(copy, place, out)
    except OSError:  # a disk without links
        if not os.path.lexists(place):
            os.replace(copy, place)
            return
        _refuse_another(copy, place, out)
    copy.unlink()


def _said(found: Carried) -> Iterable[str]:
    n, left = len(found.files), len(found.left)
    if n:
        what = "The image file that the rows name is" if n == 1 else f"The {n:,} image files that the rows name are"
        yield f"{what} beside the parts too ({found.size / 1e6:,.1f} MB): the folder can be moved and used on its own."
    if left:
        line, why = found.left[0]
        what = "One image is" if left == 1 else f"{left:,} images are"
        where = f"that on line {line}" if left == 1 else f"the first, on line {line},"
        yield f"{what} not beside the parts: {where} {why}. Put images in the dataset's folder, named from there."
