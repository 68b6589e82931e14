"""Train, validation and held-out: seeded, stratified, near-duplicates on one side, nothing overwritten."""

import hashlib
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from tools.dataset.example import Example
from tools.dataset.held_out import record_held_out
from tools.dataset.jsonline import encode
from tools.dataset.reading import Reading
from tools.dataset.records import SplitPart, SplitReport, SplitRequest
from tools.errors import InputError
from tools.progress import Progress, silent

Part = Literal["train", "validation", "held_out"]
PARTS: tuple[Part, ...] = get_args(Part)
FILES = {name: f"{name}.jsonl" for name in PARTS}
MANIFEST = "split.json"


def split(request: SplitRequest, progress: Progress = silent) -> SplitReport:
    """Divide a dataset and write the parts.

    Args:
        request: the file, the shares, the seed and the folder.
        progress: told the bytes read.

    Returns:
        What was written, with digests, and what a person should know about it.

    Raises:
        InputError: unreadable file, shares that leave nothing to train on, or files already in the folder.
    """
    if request.validation + request.held_out >= 1:
        raise InputError("the shares leave nothing to train on", remedy="Choose shares whose sum is below 1.")
    out = _folder(request.out)
    reading = Reading(request.path, request.name)
    examples = list(reading.read(progress))
    if not examples:
        raise InputError("there are no readable examples", where=reading.source.name, remedy="Lint it first.")
    labels = _labels(examples)
    groups = _groups(examples, request.group_by)
    notes: list[str] = []
    sides = _assign(groups, labels, request, notes)
    parts, digests = [], {}
    for name in PARTS:
        chosen = [i for i, side in enumerate(sides) if side == name]
        if not chosen and name != "train":
            continue
        path = out / FILES[name]
        digests[name] = _write(path, [examples[i] for i in chosen])
        parts.append(SplitPart(name=name, path=str(path), examples=len(chosen), sha256=digests[name]))
    _say(parts, request, notes, reading.unread)
    report = SplitReport(
        file=reading.source.name,
        sha256=reading.source.sha256,
        seed=request.seed,
        parts=parts,
        groups=sum(len(g) > 1 for g in groups),
        stratified_by="label" if labels else "nothing (the answers are not labels)",
        notes=notes,
        left_out=reading.unread,
    )
    (out / MANIFEST).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if "held_out" in digests:
        record_held_out(
            digests["held_out"],
            reading.source.name,
            (e for e, side in zip(examples, sides, strict=True) if side == "held_out"),
        )
    return report


def _folder(out: Path) -> Path:
    """The folder to write to; a folder that already holds a split is left alone."""
    there = [name for name in (*FILES.values(), MANIFEST) if (out / name).exists()]
    if there:
        raise InputError(
            f"{', '.join(there)} already there", where=str(out), remedy="Name another folder; nothing is overwritten."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise InputError(f"the folder cannot be created ({e.strerror})", where=str(out)) from None
    return out


def _labels(examples: Sequence[Example]) -> list[str] | None:
    """The answers where they are labels; else None."""
    said = [e.target.said if e.target else "" for e in examples]
    counts = Counter(said)
    if len(counts) > max(2, len(said) // 3) or max(map(len, counts)) > 80 or len(counts) < 2:
        return None
    return said


def _groups(examples: Sequence[Example], group_by: str | None) -> list[list[int]]:
    """Indices that must stay together: equal inputs, near-duplicates, equal `group_by` values."""
    from tools.dataset.linter.context import threshold
    from tools.dataset.near import groups, members, shared_opening

    prompts = [_input_text(e) for e in examples]
    template = len(shared_opening(prompts))
    prompts = [p[template:] for p in prompts]
    keys: list[object] = [e.prompt_text() for e in examples]
    if group_by is not None:
        missing = [e.line for e in examples if group_by not in e.source]
        if missing:
            raise InputError(
                f"{len(missing)} examples have no {group_by!r}, the first on line {missing[0]}",
                remedy="Name a key that every example has, or leave --group-by out.",
            )
        keys = [json.dumps(e.source[group_by], sort_keys=True, default=str) for e in examples]
        same_prompt: dict[str, object] = {}
        for i, example in enumerate(examples):  # equal prompts under two values join their groups
            keys[i] = same_prompt.setdefault(example.prompt_text(), keys[i])
    return list(members(groups(prompts, keys, threshold("near_duplicate_similarity"))))


def _input_text(example: Example) -> str:
    """What makes two inputs alike: everything but the system prompt, which most examples share."""
    turns = [t for t in example.prompt if t.role not in ("system", "developer")]
    return "\n".join(t.said for t in turns)


def _assign(
    groups: list[list[int]], labels: Sequence[str] | None, request: SplitRequest, notes: list[str]
) -> list[Part]:
    """A side per example. Within each label, whole groups go where the part lacks most."""
    n = sum(map(len, groups))
    from tools.dataset.linter.context import threshold

    sides: list[Part] = ["train"] * n
    strata: dict[str, list[list[int]]] = defaultdict(list)
    for group in groups:
        strata[labels[group[0]] if labels else ""].append(group)
    rng = random.Random(request.seed)  # noqa: S311 -- reproducible, not secret
    asked: dict[Part, float] = {"held_out": request.held_out, "validation": request.validation}
    least = int(threshold("split_part_min"))
    wanted = {name: share for name, share in asked.items() if share * n >= least}
    taken: Counter[Part] = Counter()
    seen = 0
    for label in sorted(strata):
        stratum = strata[label]
        rng.shuffle(stratum)
        stratum.sort(key=len)  # small groups are divided, large ones stay in train
        seen += sum(map(len, stratum))
        keep = max(1, len(stratum) // 2)  # at least half of every label's groups stay in train
        free = stratum[: len(stratum) - keep]
        for group in free if wanted else ():
            lacking = {name: share * seen - taken[name] for name, share in wanted.items()}
            name = max(lacking, key=lambda k: lacking[k])
            if lacking[name] < len(group) * 0.5:
                break
            for index in group:
                sides[index] = name
            taken[name] += len(group)
    for name, share in asked.items():
        if share and not taken[name]:
            notes.append(
                f"no {name.replace('_', '-')} set was made: of {n} examples in {len(groups)} independent groups, "
                f"{share:.0%} is too few to tell anything (at least {least}), or none could be set aside without "
                "leakage. Add examples."
            )
    return sides


def _say(parts: Sequence[SplitPart], request: SplitRequest, notes: list[str], unread: int) -> None:
    from tools.dataset.linter.context import threshold

    held = next((p for p in parts if p.name == "held_out"), None)
    least = int(threshold("held_out_min"))
    if held is not None and held.examples < least:
        notes.append(
            f"the held-out set has only {held.examples} examples: differences under about "
            f"{_points(held.examples)} points cannot be told from chance."
        )
    elif held is not None:
        notes.append(
            f"{held.examples} held-out examples can show a difference of about {_points(held.examples)} points."
        )
    if unread:
        notes.append(f"{unread} lines could not be read as examples and were left out; lint names them.")


def _points(n: int) -> int:
    """The smallest difference, in points, that n paired examples show with 80 % power when answers change both ways.

    McNemar's test, 5 % two-sided, a fifth of the answers differing: d = 2.8 * sqrt(0.2 / n).
    """
    return min(100, max(1, round(280 * math.sqrt(0.2 / n))))


def _write(path: Path, examples: Sequence[Example]) -> str:
    """Write examples in the file's own format; returns the digest."""
    digest = hashlib.sha256()
    with path.open("xb") as f:
        for example in examples:
            line = encode(example.source).encode("utf-8") + b"\n"
            digest.update(line)
            f.write(line)
    return digest.hexdigest()
