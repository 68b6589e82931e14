"""How fast `lint` is against the limit of this machine, measured in the same run, and against the form most people use.

    make bench-lint [SIZE=1GB]
    python bench/lint/bench_lint.py FILE.jsonl... [--rounds 3] [--write docs/lint-speed.md]

Every row runs in a process of its own; speeds are MB of the file per CPU second (user and system, with the processes
it starts), start-up included; memory is the sum of the peaks of both. A first run on a part of the file, not measured,
compiles the modules and makes the automaton that lint keeps between runs. The limit is 1 / (1 / parse + text share /
tokenizer): reading JSON at the fastest parser's rate and counting the text at the fastest exact tokenizer's warm rate,
and nothing else. Beside a file of `make_dataset.py` stands which fault is on which line: then recall is counted too.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from make_dataset import FAULTS

KEPT = "\n## How it does it"
"""What stands from this heading on is kept when the page is written."""
PEERS = ("lines", "cysimdjson", "orjson", "tokenizer", "structure", "lint", "secrets", "cookbook")
TITLES = {
    "lines": "lines only",
    "cysimdjson": "parse ceiling: cysimdjson",
    "orjson": "orjson",
    "tokenizer": "tokenizer ceiling: gigatoken, warm, text only",
    "structure": "lint without counting, without secrets",
    "lint": "lint with exact o200k counts, without secrets",
    "secrets": "lint as it is: exact counts and secrets",
    "cookbook": "cookbook form: json, checks, tiktoken in a loop (at most 100 MB)",
}


def texts_of(path: Path) -> tuple[list[str], int]:
    """The message texts, and their bytes."""
    texts: list[str] = []
    size = 0
    with path.open("rb") as f:
        for line in f:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            messages = value.get("messages") if isinstance(value, dict) else None
            for message in messages or ():
                text = message.get("content") if isinstance(message, dict) else None
                if isinstance(text, str):
                    try:
                        size += len(text.encode())
                    except UnicodeEncodeError:
                        continue
                    texts.append(text)
    return texts, size


def run_lines(path: Path) -> dict[str, object]:
    with path.open("rb") as f:
        return {"lines": sum(1 for _ in f)}


def run_orjson(path: Path) -> dict[str, object]:
    import orjson

    bad = 0
    with path.open("rb") as f:
        for line in f:
            try:
                orjson.loads(line)
            except orjson.JSONDecodeError:
                bad += 1
    return {"bad": bad}


def run_cysimdjson(path: Path) -> dict[str, object]:
    import cysimdjson

    parse, bad = cysimdjson.JSONParser().parse, 0
    with path.open("rb") as f:
        for line in f:
            try:
                parse(line)
            except ValueError:
                bad += 1
    return {"bad": bad}


def run_tokenizer(path: Path) -> dict[str, object]:
    """The rate of the fastest exact tokenizer on this text, loading and reading not counted."""
    from tools.tokens.engine import Engine
    from tools.tokens.ranks import rank_file

    texts, size = texts_of(path)
    data = [t.encode() for t in texts]
    engine = Engine(str(rank_file("o200k_base")), "o200k")
    for text in data[:20_000]:
        engine.count(text)
    started = time.process_time()
    total = sum(map(engine.count, data))
    return {"mb_per_cpu_s": size / 1e6 / (time.process_time() - started), "text_bytes": size, "tokens": total}


def run_lint(path: Path, *, count: bool, secrets: bool) -> dict[str, object]:
    from tools.dataset import LintRequest, lint

    report = lint(LintRequest(path=path, count_tokens=count, secrets=secrets, near_duplicates=False))
    tokens = report.stats.tokens.total if report.stats.tokens else None
    lines: dict[str, list[int]] = {}
    for finding in report.findings:
        lines.setdefault(finding.rule, []).extend(finding.lines)
    return {"examples": report.examples, "tokens": tokens, "lines": lines}


def run_cookbook(path: Path) -> dict[str, object]:
    """The usual form: json.loads, the published checks, tiktoken message by message."""
    import hashlib
    import tempfile

    from tools.tokens.ranks import PUBLISHED, rank_bytes

    cache = Path(tempfile.mkdtemp())
    (cache / hashlib.sha1(PUBLISHED["o200k_base"].url.encode()).hexdigest()).write_bytes(rank_bytes("o200k_base"))
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cache)
    import tiktoken

    encoding = tiktoken.get_encoding("o200k_base")
    total = wrong = 0
    started = time.process_time()
    with path.open("rb") as f:
        for line in f:
            try:
                messages = json.loads(line)["messages"]
            except (ValueError, KeyError, TypeError):
                wrong += 1
                continue
            for message in messages:
                if "role" not in message or message["role"] not in ("system", "user", "assistant", "tool"):
                    wrong += 1
                for value in message.values():
                    if isinstance(value, str):
                        try:
                            total += len(encoding.encode_ordinary(value))
                        except UnicodeEncodeError:
                            wrong += 1
    return {"tokens": total, "wrong": wrong, "cpu_s": time.process_time() - started}


RUNS = {
    "lines": run_lines,
    "cysimdjson": run_cysimdjson,
    "orjson": run_orjson,
    "tokenizer": run_tokenizer,
    "structure": lambda p: run_lint(p, count=False, secrets=False),
    "lint": lambda p: run_lint(p, count=True, secrets=False),
    "secrets": lambda p: run_lint(p, count=True, secrets=True),
    "cookbook": run_cookbook,
}


def one(name: str, path: Path) -> None:
    """Run one row in this process; writes its figures as JSON."""
    started = time.perf_counter()
    figures = RUNS[name](path)
    own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime
    cpu = float(figures.pop("cpu_s", used))  # type: ignore[arg-type]
    wall = time.perf_counter() - started
    peak = (own.ru_maxrss + child.ru_maxrss) / 1024
    print(json.dumps({"mb_per_cpu_s": path.stat().st_size / 1e6 / cpu, "wall_s": wall, "peak_mb": peak, **figures}))


def run(name: str, path: Path) -> dict[str, float]:
    """One row, in a process of its own."""
    # Compiled modules are kept between the runs, as they are wherever the package is installed.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    kept = Path(tempfile.gettempdir()) / "bench-lint"
    environment |= {"PYTHONPYCACHEPREFIX": str(kept / "pycache"), "ADVISOR_HOME": str(kept / "home")}
    command = [sys.executable, __file__, str(path), "--one", name]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(path: Path, part: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Every row, the rounds interleaved so that other load falls on all alike; the median is kept.

    The cookbook form, whose rate is the same at every length and which takes minutes, is run on a part.
    """
    results: dict[str, list[dict[str, float]]] = {name: [] for name in PEERS}
    for _ in range(rounds):
        for name in PEERS:
            results[name].append(run(name, part if name == "cookbook" else path))
    return {n: sorted(r, key=lambda v: v["mb_per_cpu_s"])[len(r) // 2] for n, r in results.items()}


def table(path: Path, rows: dict[str, dict[str, float]], rounds: int, small_mb: float | None) -> str:
    """The page: figures, goals, recall."""
    size = path.stat().st_size
    share = rows["tokenizer"]["text_bytes"] / size
    part = {n: rows[n]["mb_per_cpu_s"] for n in rows}
    ceiling = max(part["cysimdjson"], part["orjson"])
    limit = 1 / (1 / ceiling + share / part["tokenizer"])
    peak = {n: rows[n]["peak_mb"] for n in rows}
    lines = [
        f"## {size / 1e6:,.0f} MB",
        "",
        f"Measured on {size / 1e6:,.0f} MB, interleaved rounds: {rounds}, median; "
        f"{os.cpu_count()} cores at load {os.getloadavg()[0]:.1f}.",
        "",
        "| | MB per CPU second | wall, s | peak MB, summed |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [f"| {TITLES[n]} | {part[n]:,.1f} | {r['wall_s']:,.1f} | {peak[n]:,.0f} |" for n, r in rows.items()]
    goals = [
        ("with counts, share of the limit", part["lint"] / limit, 0.65, True),
        ("with counts and secrets, share of the limit", part["secrets"] / limit, 0.5, True),
        ("without counting, share of the parse ceiling", part["structure"] / ceiling, 0.3, True),
        ("with counts, times the cookbook form", part["lint"] / part["cookbook"], 5, True),
        ("without counting, MB", peak["structure"], 64, False),
        ("with counts and secrets, MB", peak["secrets"], 512, False),
    ]
    if small_mb is not None:
        goals.append(("memory against that at 100 MB, times", peak["secrets"] / small_mb, 1.1, False))
    lines += [
        "",
        f"The limit is {limit:,.1f} MB per CPU second.",
        "",
        "| | measured | goal | |",
        "| --- | ---: | ---: | --- |",
    ]
    for words, value, goal, least in goals:
        met = value >= goal if least else value <= goal
        lines.append(f"| {words} | {value:.2f} | {'≥' if least else '≤'} {goal:g} | {'met' if met else 'missed'} |")
    return "\n".join([*lines, *recall(path, rows["secrets"])]) + "\n"


def page(sections: list[str], before: str) -> str:
    """The page that is written: what is measured anew, and what people wrote below it before."""
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    _, found, written = before.partition(KEPT)
    return "\n".join(["# How fast lint is", "", f"Made by `make bench-lint`. {about}", "", *sections]) + found + written


def recall(path: Path, row: dict[str, float]) -> list[str]:
    """A table per planted fault; empty for a file of unknown faults."""
    manifest = path.with_suffix(".manifest.json")
    if not manifest.exists():
        return []
    planted: dict[str, list[int]] = json.loads(manifest.read_text())
    faulty = {n for lines in planted.values() for n in lines}
    named: dict[str, list[int]] = row["lines"]  # type: ignore[assignment]
    result = [
        "",
        "Faults planted, and found on their own line. False alarms: lines named by the rule that hold none.",
        "",
    ]
    result += ["| fault | rule | planted | found | false alarms |", "| --- | --- | ---: | ---: | ---: |"]
    for fault, lines in sorted(planted.items()):
        here = set(named.get(FAULTS[fault], ()))
        found, false = len(here & set(lines)), len(here - faulty)
        result.append(f"| {fault} | {FAULTS[fault]} | {len(lines)} | {found} | {false} |")
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.files[0])
        return
    sections = []
    for file in given.files:
        sections.append(section(file, given.rounds))
        print(sections[-1], flush=True)
    if given.write:
        before = given.write.read_text() if given.write.exists() else ""
        given.write.write_text(page(sections, before))


def section(file: Path, rounds: int) -> str:
    """Warm up, measure, and write down one file."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as f, file.open("rb") as whole:
        f.write(whole.read(1_000_000))
        f.flush()
        for name in PEERS:
            run(name, Path(f.name))
        if file.stat().st_size <= 150e6:
            return table(file, measure(file, file, rounds), rounds, None)
        for _ in range(99):
            f.write(whole.read(1_000_000))
        f.flush()
        small = run("secrets", Path(f.name))["peak_mb"]
        return table(file, measure(file, Path(f.name), rounds), rounds, small)


if __name__ == "__main__":
    main()
