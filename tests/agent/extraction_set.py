"""The annotated messages in five languages, and how what was read out of one is held against them.

`extraction/LANGUAGE.yaml` are everyday messages; `_first` to `_fifteenth` were written in that order, each before the
patterns were mended by it (nothing was by the thirteenth and fourteenth); `_silent` tempt and state nothing; nothing
was ever mended by `_held`.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).parent / "extraction"
IMPLIED = {"modality", "narrow_task"}
"""Follow from the task; not annotated."""


class Row(NamedTuple):
    """One message with what it states."""

    part: str
    """everyday, first to fifteenth, silent or held."""
    language: str
    text: str
    wanted: dict[str, Any]
    may: dict[str, Any]
    """Tolerated either way."""


class Tally(NamedTuple):
    """Facts found rightly, found wrongly, and missed."""

    right: Counter[str]
    wrong: Counter[str]
    missed: Counter[str]

    def add(self, other: tuple[list[str], list[str], list[str]]) -> None:
        """Count one message in."""
        for counter, facts in zip(self, other, strict=True):
            counter.update(f.split(":")[0] for f in facts)

    @property
    def precision(self) -> float:
        """Of what was found, the share that is right; 1 where nothing was found."""
        found = self.right.total() + self.wrong.total()
        return self.right.total() / found if found else 1.0

    @property
    def recall(self) -> float:
        """Of what is stated, the share that was found."""
        stated = self.right.total() + self.missed.total()
        return self.right.total() / stated if stated else 1.0

    def __str__(self) -> str:
        names = sorted(self.right | self.wrong | self.missed)
        return "\n".join(
            f"{f:28} {self.right[f]:3} right {self.wrong[f]:3} wrong {self.missed[f]:3} missed" for f in names
        )


def tally() -> Tally:
    """Nothing counted yet."""
    return Tally(Counter(), Counter(), Counter())


def messages() -> list[Row]:
    """All of them, in the order of the files."""
    return rows_of(HERE)


def rows_of(directory: Path, part: str = "") -> list[Row]:
    """The messages of the files LANGUAGE_PART.yaml of a folder; `part`: what to call those without one."""
    rows = []
    for path in sorted(directory.glob("*.yaml")):
        language, _, own = path.stem.partition("_")
        for text, wanted, *may in yaml.safe_load(path.read_text(encoding="utf-8")):
            rows.append(Row(own or part or "everyday", language, text, wanted or {}, (may[0] or {}) if may else {}))
    return rows


def same(got: Any, wanted: Any) -> bool:
    """Whether two values are one; numbers within a hundredth."""
    if isinstance(got, bool) or isinstance(wanted, bool) or not isinstance(got, int | float):
        return bool(got == wanted)
    return isinstance(wanted, int | float) and abs(got - wanted) <= 0.01 * max(abs(got), abs(wanted))


def compare(found: Mapping[str, Any], row: Row) -> tuple[list[str], list[str], list[str]]:
    """Facts found rightly, found wrongly, and missed."""
    right, wrong, missed = [], [], []
    for fact in sorted(set(found) | set(row.wanted)):
        if fact == "gaps":
            here, there = set(found.get("gaps", ())), set(row.wanted.get("gaps", ()))
            right += [fact] * len(here & there)
            wrong += [f"gaps:{g}" for g in here - there - set(row.may.get("gaps", ()))]
            missed += [f"gaps:{g}" for g in there - here]
        elif fact in found and fact in row.wanted and same(found[fact], row.wanted[fact]):
            right.append(fact)
        else:
            if fact in found and fact not in IMPLIED and not same(found[fact], row.may.get(fact)):
                wrong.append(fact)
            if fact in row.wanted:
                missed.append(fact)
    return right, wrong, missed
