"""Train, validation and held-out files, images with them: nothing overwritten, the held-out set recorded."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.dataset.example import Example
from tools.dataset.held_out import all_held_out, record_held_out
from tools.dataset.jsonline import encode
from tools.dataset.power import held_out_power
from tools.dataset.reading import Reading
from tools.dataset.records import SplitPart, SplitReport, SplitRequest
from tools.dataset.sides import PARTS, assign, independent_groups, labels_of, said
from tools.errors import InputError
from tools.progress import Progress, silent

FILES = {name: f"{name}.jsonl" for name in PARTS}
MANIFEST = "split.json"


def split(request: SplitRequest, progress: Progress = silent) -> SplitReport:
    """Divide a dataset and write the parts.

    Args:
        request: the file, the shares, the seed and the folder.
        progress: told the bytes read.

    Returns:
        What was written, with digests, what the held-out set can show, and what a person should know about it.

    Raises:
        InputError: unreadable file, shares that leave nothing to train on, files already in the folder, or no room
            for the images that rows name.
    """
    from tools.dataset.carrying import carry, images_of

    if request.validation + request.held_out >= 1:
        raise InputError("the shares leave nothing to train on", remedy="Choose shares whose sum is below 1.")
    _refuse_overwriting(request.out)
    reading = Reading(request.path, request.name)
    examples = list(reading.read(progress))
    if not examples:
        raise InputError("there are no readable examples", where=reading.source.name, remedy="Lint it first.")
    progress(1, None, "looking for near-duplicates")
    labels = labels_of(examples)
    groups, uncompared = independent_groups(examples, request.group_by, progress)
    before = [is_known(e) for e in examples] if (is_known := _register()) else [False] * len(examples)
    kept = before if request.keep_held_out else [False] * len(examples)
    sides, notes = assign(groups, labels, request, kept)
    images = images_of(examples, request.path.resolve().parent, request.out)
    out = _make(request.out)
    notes += carry(images, out, progress) if images.files or images.left else []
    parts, digests = [], {}
    for name in PARTS:
        chosen = [i for i, side in enumerate(sides) if side == name]
        if not chosen and name != "train":
            continue
        path = out / FILES[name]
        digests[name] = _write(path, [examples[i] for i in chosen])
        parts.append(SplitPart(name=name, path=str(path), examples=len(chosen), sha256=digests[name]))
    notes += uncompared + said(sides, labels, before, reading.unread)
    held = sides.count("held_out")
    report = SplitReport(
        file=reading.source.name,
        sha256=reading.source.sha256,
        seed=request.seed,
        parts=parts,
        groups=sum(len(g) > 1 for g in groups),
        stratified_by="label" if labels else "nothing (the answers are not labels)",
        notes=notes,
        left_out=reading.unread,
        power=held_out_power(held, request.changed_share) if held else None,
    )
    if "held_out" in digests:
        record_held_out(
            digests["held_out"],
            reading.source.name,
            (e for e, side in zip(examples, sides, strict=True) if side == "held_out"),
        )
    (out / MANIFEST).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return report


def _register() -> Callable[[Example], bool] | None:
    sets = list(all_held_out())
    return (lambda example: any(s.holds(example) for s in sets)) if sets else None


def _refuse_overwriting(out: Path) -> None:
    """A folder that already holds a split is left alone."""
    there = [name for name in (*FILES.values(), MANIFEST) if (out / name).exists()]
    if there:
        raise InputError(
            f"{', '.join(there)} already there", where=str(out), remedy="Name another folder; nothing is overwritten."
        )


def _make(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise InputError(f"the folder cannot be created ({e.strerror})", where=str(out)) from None
    return out


def _write(path: Path, examples: Sequence[Example]) -> str:
    """Write examples in the file's own format; returns the digest."""
    digest = hashlib.sha256()
    with path.open("xb") as f:
        for example in examples:
            line = encode(example.source).encode("utf-8") + b"\n"
            digest.update(line)
            f.write(line)
    return digest.hexdigest()
