"""Banking77 on the local engine: zero-shot, ten-shot and tuned on the same held-out rows, by the openai client.

    python bench/engine/banking77.py FOLDER        FOLDER holds train.csv and test.csv (text,category)

Ten intents are drawn by the seed; 400 training rows (40 an intent), 200 held-out rows (20 an intent) of the official
test file. One run takes about ten minutes on two idle cores.
"""

import argparse
import csv
import json
import random
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import psutil
from scipy.stats import binomtest

from tools.engine import control

TASK = "Label the bank customer's question with its intent."
Message = dict[str, str]


def by_intent(path: Path) -> dict[str, list[str]]:
    found = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            found[row["category"].replace("_", " ")].append(row["text"].strip())
    return found


def draw(
    folder: Path, *, seed: int = 0, intents: int = 10, train: int = 40, held_out: int = 20
) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[str]]:
    """Training rows, held-out rows of the official test file, both (text, intent), and the intents."""
    dice = random.Random(seed)
    learnt, test = by_intent(folder / "train.csv"), by_intent(folder / "test.csv")
    drawn = dice.sample(sorted(learnt), intents)
    rows = [(text, i) for i in drawn for text in dice.sample(learnt[i], min(train, len(learnt[i])))]
    held = [(text, i) for i in drawn for text in dice.sample(test[i], min(held_out, len(test[i])))]
    dice.shuffle(rows)
    return rows, held, drawn


def ask(client: openai.OpenAI, model: str, prompts: list[list[Message]]) -> tuple[list[str], float]:
    def one(messages: list[Message]) -> str:
        answer = client.chat.completions.create(model=model, messages=messages, max_tokens=16, temperature=0)
        return (answer.choices[0].message.content or "").strip()

    began = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(one, prompts))
    return answers, time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--train", type=int, default=40, help="rows an intent")
    parser.add_argument("--held-out", type=int, default=20, help="rows an intent")
    args = parser.parse_args()
    rows, held, intents = draw(args.folder, seed=args.seed, train=args.train, held_out=args.held_out)
    seen = {text for text, _ in rows}
    held = [(text, i) for text, i in held if text not in seen]
    print("intents:", ", ".join(intents), f"\n{len(rows)} training rows, {len(held)} held-out rows, seed {args.seed}")

    control.prepare_model(lambda done, total=None, text="": print(f"  {text}"))
    engine = control.ensure_running()
    client = openai.OpenAI(
        base_url=engine.base_url, api_key=engine.token.get_secret_value(), max_retries=0, timeout=900
    )
    base = "smollm2-135m-instruct"
    listed = f"{TASK} Answer with one of these intents and nothing else: {'; '.join(intents)}."
    shots: list[Message] = []
    for intent in intents:
        text = next(t for t, i in rows if i == intent)
        shots += [{"role": "user", "content": text}, {"role": "assistant", "content": intent}]
    zero = [[{"role": "system", "content": listed}, {"role": "user", "content": t}] for t, _ in held]
    ten = [[{"role": "system", "content": listed}, *shots, {"role": "user", "content": t}] for t, _ in held]
    short = [[{"role": "system", "content": TASK}, {"role": "user", "content": t}] for t, _ in held]
    report("zero-shot, intents listed", held, *ask(client, base, zero))
    report("ten-shot, one an intent", held, *ask(client, base, ten))
    report("tuned, short prompt", held, *ask(client, tune(client, base, rows, args.seed), short))


def tune(client: openai.OpenAI, base: str, rows: list[tuple[str, str]], seed: int) -> str:
    lines = [
        json.dumps({"messages": [said("system", TASK), said("user", text), said("assistant", intent)]})
        for text, intent in rows
    ]
    file = client.files.create(file=("train.jsonl", "\n".join(lines).encode()), purpose="fine-tune")
    began = time.monotonic()
    hyperparameters = {"n_epochs": 2, "max_length": 128}
    job = client.fine_tuning.jobs.create(
        model=base,
        training_file=file.id,
        seed=seed,
        suffix="banking77",
        method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},  # type: ignore[typeddict-item]
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(2)
        job = client.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job {job.status}: {job.error}")
    cost = job.to_dict()["engine"]["cost"]  # type: ignore[index]
    print(f"training: {time.monotonic() - began:.0f} s from request to model; {json.dumps(cost)}")
    print(f"load average {psutil.getloadavg()[0]:.1f}, {psutil.cpu_count()} logical cores")
    return job.fine_tuned_model


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def report(arm: str, held: list[tuple[str, str]], answers: list[str], seconds: float) -> None:
    right = sum(answer.lower().rstrip(".") == intent for answer, (_, intent) in zip(answers, held, strict=True))
    low, high = binomtest(right, len(held)).proportion_ci(method="wilson")
    print(f"{arm}: {right}/{len(held)} = {right / len(held):.3f} [{low:.3f}, {high:.3f}] in {seconds:.0f} s")


if __name__ == "__main__":
    main()
