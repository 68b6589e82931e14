"""Which example goes to which side of a split: whole groups, stratified by label, seeded."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, get_args

from tools.dataset.example import Example
from tools.dataset.held_out import plain
from tools.dataset.linter.context import threshold
from tools.dataset.records import SplitRequest
from tools.errors import InputError
from tools.progress import Progress, silent

Part = Literal["train", "validation", "held_out"]
PARTS: tuple[Part, ...] = get_args(Part)
MOST_LABEL_CHARS = 80
NAMED = 8


def labels_of(examples: Sequence[Example]) -> list[str] | None:
    """The answers where they are labels; else None."""
    answers = [e.target.said if e.target else "" for e in examples]
    counts = Counter(answers)
    if len(counts) > max(2, len(answers) // 3) or max(map(len, counts)) > MOST_LABEL_CHARS or len(counts) < 2:
        return None
    return answers


def independent_groups(
    examples: Sequence[Example], group_by: str | None, progress: Progress = silent
) -> tuple[list[list[int]], list[str]]:
    """Indices that must stay together: equal inputs, near-duplicates, equal `group_by` values.

    Returns:
        The groups, and what was not compared, if anything.

    Raises:
        InputError: an example has no `group_by` key.
    """
    from tools.dataset.near import groups, members, shared_opening

    systems = {e.system for e in examples}
    own_system = len(systems) > max(2, len(examples) // 5)  # each its own: the system prompt is part of the input
    inputs = [_input_text(e, own_system) for e in examples]
    template = len(shared_opening(inputs))
    keys: Sequence[object] = [plain(text) or e.prompt_text() for text, e in zip(inputs, examples, strict=True)]
    if group_by is not None:
        keys = _joined(keys, _values(examples, group_by))
    least = threshold("near_duplicate_similarity")
    group_of, note = groups([t[template:] for t in inputs], keys, least, progress)
    return list(members(group_of)), [note] if note else []


def _input_text(example: Example, own_system: bool) -> str:
    """What makes two inputs alike: everything but a system prompt that most examples share."""
    return "\n".join(t.said for t in example.prompt if own_system or t.role not in ("system", "developer"))


def _values(examples: Sequence[Example], group_by: str) -> list[object]:
    missing = [e.line for e in examples if not isinstance(e.source, dict) or group_by not in e.source]
    if missing:
        raise InputError(
            f"{len(missing)} examples have no {group_by!r}, the first on line {missing[0]}",
            remedy="Name a key that every example has, or leave --group-by out.",
        )
    return [json.dumps(e.source[group_by], sort_keys=True, default=str) for e in examples]


def _joined(keys: Sequence[object], values: Sequence[object]) -> list[int]:
    """One key per example, the same for all that share an input or a value, also by way of others."""
    from tools.dataset.near import Joined

    joined = Joined(len(keys))
    first: dict[object, int] = {}
    for i, (key, value) in enumerate(zip(keys, values, strict=True)):
        joined.join(i, first.setdefault(("input", key), i))
        joined.join(i, first.setdefault(("value", value), i))
    return joined.roots()


def assign(
    groups: list[list[int]], labels: Sequence[str] | None, request: SplitRequest, held: Sequence[bool]
) -> tuple[list[Part], list[str]]:
    """A side per example, and what to say about it. Within each label, whole groups go where the part lacks most.

    Args:
        groups: indices that stay together.
        labels: an answer per example, or None.
        request: shares and seed.
        held: examples that are held out whatever the seed; their groups go with them.
    """
    n = sum(map(len, groups))
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
        free = []
        for group in stratum:
            if any(held[i] for i in group):
                _put(group, "held_out", sides, taken)
            else:
                free.append(group)
        keep = max(1, len(stratum) // 2)  # at least half of every label's groups stay in train
        for group in free[: max(0, len(free) - keep)] if wanted else ():
            lacking = {name: share * seen - taken[name] for name, share in wanted.items()}
            name = max(lacking, key=lambda k: lacking[k])
            if lacking[name] < len(group) * 0.5:
                break
            _put(group, name, sides, taken)
    if not sides.count("train"):
        raise InputError(
            "every example is held out already, so nothing is left to train on", remedy="Add examples and divide again."
        )
    return sides, [
        _not_made(name, n, len(groups), share, least) for name, share in asked.items() if _lacks(name, share, taken)
    ]


def _lacks(name: Part, share: float, taken: Counter[Part]) -> bool:
    return bool(share) and not taken[name]


def _put(group: list[int], name: Part, sides: list[Part], taken: Counter[Part]) -> None:
    for index in group:
        sides[index] = name
    taken[name] += len(group)


def _not_made(name: Part, n: int, groups: int, share: float, least: int) -> str:
    made = f"no {name.replace('_', '-')} set was made: "
    if share * n < least:
        return f"{made}{share:.0%} of {n} examples is fewer than {least}, too few to tell anything. Add examples."
    return (
        f"{made}the {n} examples are only {groups} independent groups, and none can be set aside without leakage. "
        "Add examples that are not near-duplicates of others."
    )


def said(sides: Sequence[Part], labels: Sequence[str] | None, before: Sequence[bool], unread: int) -> list[str]:
    """What a person should know about a split."""
    notes = []
    held = sides.count("held_out")
    if 0 < held < (least := int(threshold("held_out_min"))):
        notes.append(
            f"the held-out set has only {held} examples, fewer than {least}: only large differences can be told "
            "from chance."
        )
    if labels and held:
        measured = {label for label, side in zip(labels, sides, strict=True) if side == "held_out"}
        missing = [label for label in Counter(labels) if label not in measured]
        if missing:
            names = ", ".join(f"“{m}”" for m in missing[:NAMED]) + (" …" if len(missing) > NAMED else "")
            notes.append(
                f"{len(missing)} of {len(set(labels))} answers have no held-out row, so nothing will be known of them: "
                f"{names}. Label more of them."
            )
    again = sum(b and side == "held_out" for b, side in zip(before, sides, strict=True))
    lost = sum(b and side != "held_out" for b, side in zip(before, sides, strict=True))
    if again and not lost:
        notes.append(f"{again} of the held-out examples were held out before, and stay so.")
    if lost:
        notes.append(
            f"{lost} examples outside the held-out set were held out by an earlier split: training on them will be "
            "refused. Divide again with --keep-held-out, or give the earlier set up with --give-up DIGEST."
        )
    if unread:
        notes.append(f"{unread} lines could not be read as examples and were left out; lint names them.")
    return notes
