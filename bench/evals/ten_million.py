"""Ten million samples: import beside a plain copy of the file, list, show, compare; with memory.

Run: .venv/bin/python bench/evals/ten_million.py [LINES] [ROWS_A_CLUSTER]
(5,000,000 lines of two evals are 10 million samples; with the second number, so many lines share a cluster)
"""

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
SHARE = int(sys.argv[2]) if len(sys.argv) > 2 else 0


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<44}{time.perf_counter() - began:>9.2f} s   peak {peak:,.0f} MB", flush=True)


def write(file: Path) -> None:
    rng = random.Random(1)

    def flag(share: float) -> str:
        return "true" if rng.random() < share else "false"

    def cluster(i: int) -> str:
        return f'"cluster": "doc-{i // SHARE:07d}", ' if SHARE else ""

    with file.open("w") as f:
        for start in range(0, LINES, 10_000):
            f.write(
                "".join(
                    f'{{"id": "sample-{i:08d}", "category": "c{i % 20:02d}", {cluster(i)}"base_correct": {flag(0.6)}, '
                    f'"tuned_correct": {flag(0.602)}}}\n'
                    for i in range(start, min(LINES, start + 10_000))
                )
            )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADVISOR_HOME"] = f"{folder}/home"
        file = Path(folder) / "results.jsonl"
        write(file)
        size = file.stat().st_size / 1e6
        print(f"{LINES:,} lines, {size:,.0f} MB, {2 * LINES:,} samples; load {os.getloadavg()[0]:.1f}")
        with timed("copy of the file, flushed to disk"), file.open("rb") as a, open(f"{folder}/copy", "wb") as b:
            while block := a.read(1 << 24):
                b.write(block)
            b.flush()
            os.fsync(b.fileno())
        from tools.evals import store
        from tools.evals.compare import CompareRequest, compare
        from tools.evals.importers import ImportRequest, import_file

        with timed("evals import"):
            import_file(ImportRequest(file=file, name="t"))
        with timed("evals list (summary of all samples)"):
            store.evals()
        with timed("evals list again"):
            store.evals()
        with timed("evals show"):
            store.eval_named("t/base")
            store.samples("t/base", limit=10)
        with timed("evals compare"):
            c = compare(CompareRequest(baseline="t/base", candidate="t/tuned", most_flips=10))
        print(f"difference {c.difference:+.5f} ({c.ci_low:+.5f} to {c.ci_high:+.5f}), {c.verdict}")
        print(f"file of the store: {store.path().stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
