"""How fast `lint` is against the limit of this machine, measured in the same run, and against the form most people use.

    python bench/lint/bench_lint.py FILE.jsonl [--write docs/lint-speed.md]

Every row runs in a process of its own; speeds are MB of the file per CPU second (user and system), start-up included.
The limit is 1 / (1 / parse + text share / tokenizer): reading JSON at the fastest parser's rate and counting the text
at the fastest exact tokenizer's warm rate, and nothing else.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

PEERS = ("lines", "orjson", "tokenizer", "structure", "lint", "secrets", "cookbook")
TITLES = {
    "lines": "lines only",
    "orjson": "parse ceiling (orjson)",
    "tokenizer": "tokenizer ceiling (gigatoken, text only)",
    "structure": "lint without counting, without secrets",
    "lint": "lint with exact o200k counts, without secrets",
    "secrets": "lint with exact counts and secrets",
    "cookbook": "cookbook form: json, checks, tiktoken in a loop",
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


def run_tokenizer(path: Path) -> dict[str, object]:
    """The rate of the fastest exact tokenizer on this text, loading and reading not counted."""
    from gigatoken.gigatoken_rs import BPETokenizer

    from tools.tokens.ranks import rank_file

    texts, size = texts_of(path)
    engine = BPETokenizer.from_tiktoken(str(rank_file("o200k_base")), "o200k", {})
    engine.encode_batch(["a"], parallel=False)
    started, total = time.process_time(), 0
    for i in range(0, len(texts), 2000):
        total += int(engine.encode_batch(texts[i : i + 2000], parallel=False).layout.offsets.data[-1])
    return {"mb_per_cpu_s": size / 1e6 / (time.process_time() - started), "text_bytes": size, "tokens": total}


def run_lint(path: Path, *, count: bool, secrets: bool) -> dict[str, object]:
    from tools.dataset import LintRequest, lint

    report = lint(LintRequest(path=path, count_tokens=count, secrets=secrets, near_duplicates=False))
    tokens = report.stats.tokens.total if report.stats.tokens else None
    return {"examples": report.examples, "findings": len(report.findings), "tokens": tokens}


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
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = float(figures.pop("cpu_s", used.ru_utime + used.ru_stime))  # type: ignore[arg-type]
    wall = time.perf_counter() - started
    size = path.stat().st_size / 1e6
    print(json.dumps({"mb_per_cpu_s": size / cpu, "wall_s": wall, "peak_mb": used.ru_maxrss / 1024, **figures}))


def measure(path: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Every row, the rounds interleaved so that other load falls on all alike; the median is kept."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in PEERS}
    for _ in range(rounds):
        for name in PEERS:
            done = subprocess.run([sys.executable, __file__, str(path), "--one", name], capture_output=True, text=True)
            if done.returncode:
                sys.exit(done.stderr)
            results[name].append(json.loads(done.stdout))
    return {n: sorted(r, key=lambda v: v["mb_per_cpu_s"])[len(r) // 2] for n, r in results.items()}


def table(path: Path, rows: dict[str, dict[str, float]], rounds: int) -> str:
    size = path.stat().st_size
    share = rows["tokenizer"]["text_bytes"] / size
    limit = 1 / (1 / rows["orjson"]["mb_per_cpu_s"] + share / rows["tokenizer"]["mb_per_cpu_s"])
    load = os.getloadavg()[0]
    lines = [
        f"Measured on {size / 1e6:,.0f} MB, {rounds} interleaved rounds, median; "
        f"{os.cpu_count()} cores at load {load:.1f}.",
        "",
        "| | MB per CPU second | wall, s | peak MB |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {TITLES[n]} | {r['mb_per_cpu_s']:,.1f} | {r['wall_s']:,.1f} | {r['peak_mb']:,.0f} |"
        for n, r in rows.items()
    ]
    part = {n: rows[n]["mb_per_cpu_s"] for n in rows}
    lines += [
        "",
        f"The limit is {limit:,.1f} MB per CPU second.",
        f"With counts: {part['lint'] / limit:.2f} of it; with secrets too: {part['secrets'] / limit:.2f}.",
        f"Without counting: {part['structure'] / part['orjson']:.2f} of the parse ceiling.",
        f"Against the cookbook form: {part['lint'] / part['cookbook']:.1f} times.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.file)
        return
    text = table(given.file, measure(given.file, given.rounds), given.rounds)
    print(text)
    if given.write:
        given.write.write_text(text)


if __name__ == "__main__":
    main()
