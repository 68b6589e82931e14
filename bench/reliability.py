"""How often each kind of evidence is right when the patterns meet a message for the first time.

    python bench/reliability.py            # the held-out figures
    python bench/reliability.py --write    # agent/extract/patterns/reliability.yaml as well
    python bench/reliability.py --log ROUND DIRECTORY   # add a round, before anything is mended by it

bench/first_sight.csv has one line for each reading that was plainly right or plainly wrong in the rounds of annotated
messages, as the patterns of that day made it before they were mended by the round. The kind of evidence is what
agent/extract/evidence.py sees. Rounds older than the seventh count half: numbers in words, ranges and hearsay have been
read by other rules since. Held out: each later round is judged by the counts of all others.
"""

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agent"))
from extraction_set import IMPLIED, rows_of, same

from agent.extract import detect
from agent.extract.evidence import estimate, kind, named
from agent.extract.find import candidates
from agent.extract.words import ROOT, read_yaml

LOG = Path(__file__).parent / "first_sight.csv"
TABLE = ROOT / "reliability.yaml"
OLD = ("fourth", "fifth", "sixth", "silent")
HALF = 0.5


class Seen(NamedTuple):
    """One reading at first sight."""

    round: str
    language: str
    reading: str
    evidence: str
    right: int


def seen() -> list[Seen]:
    """The log."""
    with LOG.open(encoding="utf-8", newline="") as f:
        return [
            Seen(r["round"], r["language"], r["reading"], r["evidence"], int(r["right"])) for r in csv.DictReader(f)
        ]


def table(rows: Iterable[Seen]) -> dict[str, Any]:
    """The counts that evidence.estimate reads, beside the settings that stand in the file."""
    kinds: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    counts: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for row in rows:
        part = HALF if row.round in OLD else 1.0
        kinds[row.evidence][1 - row.right] += part
        counts[row.reading][row.evidence][1 - row.right] += part
    settings = read_yaml(TABLE)
    return {
        **settings,
        "kinds": {k: kinds[k] for k in sorted(kinds)},
        "counts": {name: {k: by[k] for k in sorted(by)} for name, by in sorted(counts.items())},
    }


def wilson(k: int, n: int) -> str:
    """A share with its 95 % interval."""
    if not n:
        return "-"
    p, z = k / n, 1.96
    middle, half = (p + z * z / 2 / n), z * sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return f"{p:.3f} ({(middle - half) / (1 + z * z / n):.2f} to {(middle + half) / (1 + z * z / n):.2f})"


def held_out(rows: list[Seen]) -> Counter[str]:
    """Each later round by what all other rounds tell: facts and suggestions, right and wrong."""
    result: Counter[str] = Counter()
    for left in sorted({r.round for r in rows} - set(OLD)):
        data = table(r for r in rows if r.round != left)
        for row in (r for r in rows if r.round == left):
            likely = estimate(row.reading, row.evidence, data)
            part = (
                "fact" if likely >= data["least"]["fact"] else "maybe" if likely >= data["least"]["maybe"] else "left"
            )
            result[f"{part} {'right' if row.right else 'wrong'}"] += 1
    return result


def log(name: str, directory: Path) -> None:
    """Add a round as the patterns read it now."""
    with LOG.open("a", encoding="utf-8", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        for row in rows_of(directory, name):
            found, every, text = candidates(row.text, detect(row.text, row.language))
            for fact, reading in found.items():
                for value in reading.value if fact == "gaps" else (reading.value,):
                    here, may = row.wanted.get(fact), row.may.get(fact)
                    if fact == "gaps":
                        right, tolerated = value in (here or ()), value in (may or ())
                    else:
                        right, tolerated = here is not None and same(value, here), fact in IMPLIED or same(value, may)
                    if right or not tolerated:
                        out.writerow(
                            [name, row.language, named(fact, value), kind(fact, value, every, text), int(right)]
                        )


def write(data: dict[str, Any]) -> None:
    """The table, a line for each reading."""
    head = TABLE.read_text(encoding="utf-8").split("# Counted")[0]
    lines = [head + "# Counted by bench/reliability.py from bench/first_sight.csv: [right, wrong] by kind of evidence."]
    for part in ("kinds", "counts"):
        lines.append(f"{part}:")
        lines += [
            f"  {k}: {yaml.safe_dump(v, default_flow_style=True, width=10_000).strip()}" for k, v in data[part].items()
        ]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Print what is held out; write what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--log", nargs=2, metavar=("ROUND", "DIRECTORY"))
    args = parser.parse_args()
    if args.log:
        log(args.log[0], Path(args.log[1]))
    rows = seen()
    got = held_out(rows)
    for part in ("fact", "maybe", "left"):
        right, wrong = got[f"{part} right"], got[f"{part} wrong"]
        print(f"{part:6} right {right:4} wrong {wrong:3}  {wilson(right, right + wrong)}")
    if args.write:
        write(table(rows))


if __name__ == "__main__":
    main()
