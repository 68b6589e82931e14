"""How fast results are imported, beside a plain copy of the file and DuckDB's own load of it into a plain table.

Run: .venv/bin/python bench/evals/import_speed.py [LINES] [ROUNDS]

Three files: `paired` (one line, two evals, no texts), `answers` (one eval, with question, target and answer) as JSONL,
and the same as CSV. DuckDB's own load keeps each line once and checks nothing; an import keeps a row a sample, refuses
ids that stand twice, and hashes the file. All three in turn, in one run; seconds by the clock and of the processor.
"""

import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
WORDS = Path(__file__).parents[2].joinpath("docs", "evals.md").read_text(encoding="utf-8").split()


def paired(rng: random.Random, i: int) -> dict[str, Any]:
    return {
        "id": f"sample-{i:08d}",
        "category": f"c{i % 20:02d}",
        "base_correct": rng.random() < 0.6,
        "tuned_correct": rng.random() < 0.602,
    }


def answers(rng: random.Random, i: int) -> dict[str, Any]:
    return {
        "id": f"sample-{i:08d}",
        "category": f"c{i % 20:02d}",
        "input": " ".join(rng.choices(WORDS, k=40)),
        "target": " ".join(rng.choices(WORDS, k=8)),
        "completion": " ".join(rng.choices(WORDS, k=20)),
        "score": rng.random() < 0.6,
        "latency_ms": rng.randrange(200, 2000),
    }


def write(file: Path, row: Callable[[random.Random, int], dict[str, Any]]) -> None:
    rng = random.Random(1)
    with file.open("w", encoding="utf-8", newline="") as f:
        if file.suffix == ".jsonl":
            f.writelines(json.dumps(row(rng, i)) + "\n" for i in range(LINES))
            return
        writer = csv.DictWriter(f, row(random.Random(1), 0))
        writer.writeheader()
        writer.writerows(row(rng, i) for i in range(LINES))


def took(work: Callable[[], object]) -> tuple[float, float]:
    began = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began[0], time.process_time() - began[1]


def copy(file: Path) -> None:
    with file.open("rb") as a, (file.parent / "copy").open("wb") as b:
        while block := a.read(1 << 24):
            b.write(block)
        b.flush()
        os.fsync(b.fileno())


def load(file: Path) -> None:
    import duckdb

    at = file.parent / "plain.duckdb"
    at.unlink(missing_ok=True)
    with duckdb.connect(str(at)) as con:
        con.execute(f"CREATE TABLE t AS SELECT * FROM '{file}'")


def ours(file: Path) -> None:
    from tools.evals.importers import ImportRequest, import_file

    import_file(ImportRequest(file=file, name=f"t{time.monotonic_ns()}"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADVISOR_HOME"] = f"{folder}/home"
        warm = Path(folder) / "warm.jsonl"
        warm.write_text('{"id": "1", "score": 1}\n')
        ours(warm)
        for name, row in (("paired.jsonl", paired), ("answers.jsonl", answers), ("answers.csv", answers)):
            file = Path(folder) / name
            write(file, row)
            size = file.stat().st_size / 1e6
            total = {work: [0.0, 0.0] for work in (copy, load, ours)}
            for _ in range(ROUNDS):
                for work, sums in total.items():
                    sums[:] = [a + b for a, b in zip(sums, took(lambda: work(file)), strict=True)]  # noqa: B023
            (a, _), (b, b_cpu), (c, c_cpu) = (total[work] for work in (copy, load, ours))
            speed = [size * ROUNDS / seconds for seconds in (a, b, c)]
            print(
                f"{name}: {size:,.0f} MB, {LINES:,} lines, {ROUNDS} rounds. MB/s: copy {speed[0]:.0f}, DuckDB's "
                f"own load {speed[1]:.0f}, import {speed[2]:.0f}: {b / c:.2f} of that load (by processor time "
                f"{b_cpu / c_cpu:.2f}); load average {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            file.unlink()


if __name__ == "__main__":
    main()
