"""How quick advice is: the core, a whole recommendation and the next question, over cases of every kind.

    python bench/decide_speed.py [--rounds N]

Prints median and 95th percentile in milliseconds, in this process, after one warm-up; and the shell's whole time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from agent.ask import next_question, plain
from agent.conclude import conclude
from agent.decide import decide
from agent.facts import Facts, parse_facts

ROOT = Path(__file__).parents[1]


def cases() -> list[Facts]:
    """Every case of the tests, and its facts cut off after each one, as a conversation meets them."""
    sections = yaml.safe_load((ROOT / "tests" / "agent" / "decision_cases.yaml").read_text(encoding="utf-8"))
    known = [case["facts"] for section in sections.values() for case in section]
    cut = [dict(list(facts.items())[:n]) for facts in known for n in range(len(facts) + 1)]
    return [parse_facts(facts) for facts in cut]


def timed(name: str, work: Callable[[Facts], Any], facts: list[Facts], rounds: int) -> None:
    """Time `work` on every set of facts."""
    times = []
    for _ in range(rounds):
        for one in facts:
            start = time.perf_counter()
            work(one)
            times.append(1000 * (time.perf_counter() - start))
    times.sort()
    p95, most = times[int(0.95 * len(times))], times[-1]
    print(f"{name:<16} median {statistics.median(times):7.3f} ms   p95 {p95:7.3f}   max {most:7.3f}   n {len(times)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    facts = cases()
    decide(facts[0])
    timed("conclude", lambda one: conclude(plain(one)), facts, rounds)
    timed("next_question", next_question, facts, rounds)
    timed("decide", decide, facts, rounds)
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", "decide", "-", "--json"]
    shell = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(
            command, input=json.dumps(facts[5].known()), text=True, capture_output=True, check=True, cwd=ROOT
        )
        shell.append(time.perf_counter() - start)
    print(f"{'shell':<16} best {1000 * min(shell):.0f} ms of {len(shell)}")


if __name__ == "__main__":
    main()
