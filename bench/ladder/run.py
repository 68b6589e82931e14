"""The ladder on a real set with the local engine: arms with intervals, time and memory, and what the rules then say.

    python bench/ladder/run.py FOLDER OUT [--tuned MODEL] [--max-tokens N] [--limit N] [--arm NAME ...]

FOLDER holds train.jsonl and held_out.jsonl (bench/ladder/sets.py makes three). A tuned model is trained before, by
`finetune-advisor jobs plan FOLDER/train.jsonl --epochs 1`, approve and launch. Writes OUT/NAME.md, .json and .svg.
Stopped, it goes on where it was.
"""

import argparse
import os
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType

import psutil

from agent.decide import decide
from agent.facts import parse_facts
from tools.engine import control
from tools.ladder.chart import ladder_svg
from tools.ladder.climb import climb
from tools.ladder.plan import plan
from tools.ladder.records import LadderRequest


class Memory:
    """Peak resident memory of this process, and of the local engine's processes together."""

    def __init__(self) -> None:
        self.own = self.engine = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        me = psutil.Process()
        found: list[psutil.Process] = []
        while not self._stop.wait(0.5):
            found = [p for p in psutil.process_iter(["cmdline"]) if _of_engine(p)]
            self.own = max(self.own, me.memory_info().rss)
            self.engine = max(self.engine, sum(_rss(p) for p in found))

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()


def _of_engine(process: psutil.Process) -> bool:
    ours = os.environ.get("ADVISOR_HOME")
    try:
        named = "tools.engine" in " ".join(process.info["cmdline"] or ())
        return named and process.environ().get("ADVISOR_HOME") == ours
    except psutil.Error:
        return False


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tuned")
    parser.add_argument("--max-tokens", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--arm", action="append")
    given = parser.parse_args()
    local = control.endpoint()
    request = LadderRequest(
        train=given.folder / "train.jsonl",
        held_out=given.folder / "held_out.jsonl",
        endpoint=local,
        tuned=local.model_copy(update={"model": given.tuned}) if given.tuned else None,
        name=given.folder.name,
        arms=given.arm,
        limit=given.limit,
        max_tokens=given.max_tokens,
        usd_per_million_prompt_tokens=Decimal(0),
        usd_per_million_completion_tokens=Decimal(0),
    )
    print(plan(request).model_dump_json(indent=1))
    loads = [psutil.getloadavg()[0]]
    began = time.monotonic()
    with Memory() as memory:
        result = climb(request, lambda done, total=None, text="": print(f"\r{text:<70}", end="", flush=True))
    loads.append(psutil.getloadavg()[0])
    minutes = (time.monotonic() - began) / 60
    r = decide(parse_facts({"gaps": ["accuracy"], **result.facts}))
    lines = [
        f"{given.folder.name}: {result.train_examples} training rows ({result.leaked} held out too, left out), "
        f"n = {result.n} held-out rows, {result.metric}.",
        "",
        "| rung | score | 95 % interval | median ms | seconds | note |",
        "|---|---|---|---|---|---|",
    ]
    for a in result.arms:
        if a.score is None:
            lines.append(f"| {a.name} | | | | | {a.note} |")
            continue
        seconds = "" if a.wall_seconds is None else f"{a.wall_seconds:.1f}"
        interval = "unknown" if a.ci_low is None else f"{a.ci_low:.3f} to {a.ci_high:.3f}"
        notes = "; ".join(n for n in ("control" if a.kind == "control" else "", a.note) if n)
        lines.append(f"| {a.name} | {a.score:.3f} | {interval} | {a.latency_ms:.0f} | {seconds} | {notes} |")
    technique = f" ({r.technique})" if r.technique else ""
    lines += [
        "",
        f"Verdict: `{result.verdict}`. {result.reason}",
        f"Recommendation (facts measured, and gaps: accuracy): {r.decision or r.status}{technique}, "
        f"confidence {r.confidence}; because {r.because[0].text if r.because else 'nothing is known'}",
        *(f"Warning: {w}" for w in result.warnings),
        f"{minutes:.1f} minutes in all; peak memory: this process {memory.own / 1e9:.2f} GB, engine "
        f"{memory.engine / 1e9:.2f} GB; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} logical cores, "
        f"load average {min(loads):.1f} to {max(loads):.1f}",
    ]
    given.out.mkdir(parents=True, exist_ok=True)
    stem = given.out / given.folder.name
    stem.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stem.with_suffix(".json").write_text(result.model_dump_json(indent=2), encoding="utf-8")
    stem.with_suffix(".svg").write_text(ladder_svg(result), encoding="utf-8")
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
