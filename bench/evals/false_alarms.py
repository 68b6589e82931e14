"""How often the verdict `improved` comes when there is no difference: 10,000 simulated sets of each kind.

Run: .venv/bin/python bench/evals/false_alarms.py        Last figures: docs/decisions/0009-statistics.md
"""

import sys
import time

import numpy as np

from tools.evals.statistics.proportions import paired_proportions, wilson
from tools.evals.statistics.scores import paired_scores
from tools.evals.verdict import judge

SETS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
# The resampling kind costs 0.06 s a set: a tenth of the sets unless told otherwise.
SCORE_SETS = int(sys.argv[2]) if len(sys.argv) > 2 else SETS


def pass_fail(rng: np.random.Generator, n: int, changed_share: float) -> list[str]:
    changed = rng.binomial(n, changed_share, SETS)
    wins = rng.binomial(changed, 0.5)
    cache: dict[tuple[int, int], str] = {}
    found = []
    for w, d in zip(wins.tolist(), changed.tolist(), strict=True):
        if (w, d) not in cache:
            cache[w, d] = judge(paired_proportions(w, d - w, n), n).verdict
        found.append(cache[w, d])
    return found


def scores(rng: np.random.Generator, n: int, kind: str) -> list[str]:
    found = []
    for _ in range(SCORE_SETS):
        if kind == "skewed":
            a, b = rng.beta(0.4, 1.5, n), rng.beta(0.4, 1.5, n)
        else:
            a, b = np.round(rng.random(n) * 4) / 4, np.round(rng.random(n) * 4) / 4
        found.append(judge(paired_scores(b - a), n).verdict)
    return found


def main() -> None:
    rng = np.random.default_rng(20261121)
    print(f"{'kind':<24}{'n':>6}{'sets':>8}{'improved':>10}{'95 % interval':>20}{'regressed':>11}{'seconds':>9}")
    plans = [("pass/fail", n, s) for n in (20, 50, 200, 1000) for s in (0.05, 0.2, 0.5)]
    plans += [("scores, " + k, n, k) for k in ("skewed", "five steps") for n in (30, 200)]
    for kind, n, what in plans:
        began = time.monotonic()
        got = pass_fail(rng, n, what) if kind == "pass/fail" else scores(rng, n, what)
        k, total = got.count("improved"), len(got)
        interval = wilson(k, total)
        name = f"{kind} ({what:.0%} change)" if kind == "pass/fail" else kind
        print(
            f"{name:<24}{n:>6}{total:>8}{k / total:>10.4f}{f'{interval.low:.4f} to {interval.high:.4f}':>20}"
            f"{got.count('regressed') / total:>11.4f}{time.monotonic() - began:>9.1f}",
            flush=True,
        )
        if interval.low > 0.025:
            sys.exit(f"{name}, n={n}: improved oftener than its level of 0.025")


if __name__ == "__main__":
    main()
