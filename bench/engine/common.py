"""What the engine's benches share: the official client, a job from rows to model, answers, intervals, the machine."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import psutil
from scipy.stats import binomtest

from tools.engine import control

BASE = "smollm2-135m-instruct"
Message = dict[str, str]
Row = dict[str, Any]


def client() -> openai.OpenAI:
    """The engine of this home folder, its model made ready."""
    control.prepare_model(lambda done, total=None, text="": print(f"  {text}", flush=True))
    engine = control.ensure_running()
    return openai.OpenAI(base_url=engine.base_url, api_key=engine.token.get_secret_value(), max_retries=0, timeout=1800)


def lines(path: Path) -> list[Row]:
    """All rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def said(role: str, content: str) -> Message:
    """One message."""
    return {"role": role, "content": content}


def parts(rows: list[Row], seed: int, *sizes: int) -> list[list[Row]]:
    """Disjoint parts of the rows, drawn by the seed."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    found, start = [], 0
    for size in sizes:
        found.append(shuffled[start : start + size])
        start += size
    return found


def upload(made: openai.OpenAI, rows: list[Row]) -> str:
    """A training file."""
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    return made.files.create(file=("rows.jsonl", content), purpose="fine-tune").id


def train(
    made: openai.OpenAI, rows: list[Row], method: dict[str, Any], *, seed: int, suffix: str, model: str = BASE
) -> tuple[str, str]:
    """Train to the end, telling its cost; (name of the tuned model, id of the job)."""
    began = time.monotonic()
    job = made.fine_tuning.jobs.create(
        model=model,
        training_file=upload(made, rows),
        seed=seed,
        suffix=suffix,
        method=method,  # type: ignore[arg-type]
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(2)
        job = made.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job {job.status}: {job.error}")
    cost = job.to_dict()["engine"]["cost"]  # type: ignore[index]
    minutes, peak = (time.monotonic() - began) / 60, cost["peak_rss_bytes"] / 1e9
    print(
        f"training: {len(rows)} rows, {minutes:.1f} minutes from request to model, peak memory {peak:.2f} GB",
        flush=True,
    )
    print(f"  seed {seed}; {json.dumps(cost)}", flush=True)
    return job.fine_tuned_model, job.id


def rewards(made: openai.OpenAI, job_id: str) -> list[float]:
    """The mean reward of each step of a reinforcement job."""
    events = [e for e in made.fine_tuning.jobs.list_events(job_id, limit=100) if e.type == "metrics"]
    told = [dict(e.data or {}) for e in events][::-1]  # type: ignore[call-overload]
    return [float(d["train_reward_mean"]) for d in told if "train_reward_mean" in d]


def ask(made: openai.OpenAI, model: str, prompts: list[list[Message]], max_tokens: int) -> list[str]:
    """The likeliest answer to each."""

    def one(messages: list[Message]) -> str:
        answer = made.chat.completions.create(model=model, messages=messages, max_tokens=max_tokens, temperature=0)  # type: ignore[arg-type]
        return (answer.choices[0].message.content or "").strip()

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(one, prompts))


def share(arm: str, right: list[bool]) -> str:
    """A share with its n and 95 % interval (Wilson), printed."""
    low, high = binomtest(sum(right), len(right)).proportion_ci(method="wilson")
    text = f"{arm}: {sum(right)}/{len(right)} = {sum(right) / len(right):.3f} [{low:.3f}, {high:.3f}]"
    print(text, flush=True)
    return text


def paired(name: str, before: list[bool], after: list[bool]) -> None:
    """McNemar's exact test on the rows whose outcome differs, printed."""
    pairs = list(zip(before, after, strict=True))
    gained, lost = sum(not b and a for b, a in pairs), sum(b and not a for b, a in pairs)
    p = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    print(f"{name}: {gained} gained, {lost} lost, p = {p:.2g} (exact McNemar)", flush=True)


def machine() -> None:
    """Date, cores and load, printed."""
    cores, load = psutil.cpu_count(), psutil.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} logical cores, load average {load:.1f}", flush=True)
