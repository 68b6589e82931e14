"""What readers of other harnesses' files share."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.evals.importers import values
from tools.evals.importers.format import Part
from tools.evals.records import Sample

TARGETS = (
    *("target", "ideal", "expected", "expected_output", "expectedOutput"),
    *("reference_answer", "correct_label", "label", "answer"),
)
"""Where others keep what should have come, the most explicit first."""


def first(mapping: Any, keys: Iterable[str]) -> Any:
    """The value of the first key that is there and not null."""
    if not isinstance(mapping, dict):
        return None
    return next((mapping[k] for k in keys if mapping.get(k) is not None), None)


def inner(mapping: Any, *keys: str) -> Any:
    """A value some levels down; None where a level is not there."""
    for key in keys:
        mapping = mapping.get(key) if isinstance(mapping, dict) else None
    return mapping


def content_id(content: Any) -> str:
    """A short address of some content, for samples that have no id of their own."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


def number(value: Any, where: str, what: str) -> float | None:
    """A score; InputError where it is not a number."""
    try:
        return values.number(value)
    except ValueError as e:
        raise InputError(f"{what} {e}", where=where, remedy="Export the file again, or mend it.") from None


def count(value: Any) -> int | None:
    """A number of tokens; what is none is unknown."""
    try:
        return values.count(value)
    except ValueError:
        return None


def milliseconds(value: Any, *, per_unit: float = 1.0) -> float | None:
    """A duration; what is none is unknown."""
    return value * per_unit if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def label(*pieces: tuple[str, int]) -> str:
    """The part of an eval's name made of what differs within a file: each piece only where there are several."""
    return "/".join(text for text, several in pieces if several > 1 and text)


def distinct(pairs: Iterable[tuple[Part, Sample]]) -> Iterator[tuple[Part, Sample]]:
    """Repeated ids within an eval become `id-2`, `id-3`, and all of them share a cluster: they depend on each other."""
    listed = list(pairs)
    times = Counter((part, sample.sample_id) for part, sample in listed)
    seen: Counter[tuple[Part, str]] = Counter()
    for part, sample in listed:
        own = sample.sample_id
        seen[part, own] += 1
        if times[part, own] > 1:
            number = seen[part, own]
            sample = sample._replace(sample_id=own if number == 1 else f"{own}-{number}", cluster=sample.cluster or own)
        yield part, sample


def not_this(file: Path, what: str) -> InputError:
    """The file says it is one thing and holds another."""
    return InputError(f"this does not hold {what}", where=file.name, remedy="docs/evals.md shows how to export it.")
