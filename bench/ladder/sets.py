"""Three real sets as train and held-out files for the ladder: labels, function calls, worked sums.

    python bench/ladder/sets.py DATA OUT      DATA holds banking77/, stock_tool_calling/, gsm8k_chat/

Banking77: ten intents drawn by the seed, 40 training rows an intent, 20 held-out rows an intent of the official test
file. Stock: the functions are written into the system message and the call is the answer as JSON, for the small local
model's template knows no functions; 12 rows to learn from, the other different questions held out. GSM8K: 200 training
rows; held out are the 50 rows of the validation file and the 50 that follow the training rows.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
import banking77 as drawn

Row = dict[str, Any]
SEED = 0


def chat(system: str, user: str, assistant: str) -> Row:
    turns = (("system", system), ("user", user), ("assistant", assistant))
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def banking77(folder: Path) -> tuple[list[Row], list[Row]]:
    rows, held, _ = drawn.draw(folder, seed=SEED)
    return [chat(drawn.TASK, *r) for r in rows], [chat(drawn.TASK, *r) for r in held]


def stock(folder: Path) -> tuple[list[Row], list[Row]]:
    rows = []
    for name in ("train.jsonl", "validation.jsonl"):
        for row in lines(folder / name):
            turns = row["messages"]
            calls = turns[-1].get("tool_calls") or []
            if len(calls) != 1:
                continue
            told = "\n".join(json.dumps(t["function"]) for t in row["tools"])
            system = f"{turns[0]['content'].strip()} Functions:\n{told}\nAnswer with the call alone, as JSON."
            called = calls[0]["function"]
            answer = {"name": called["name"], "arguments": json.loads(called["arguments"])}
            rows.append(chat(system, turns[1]["content"], json.dumps(answer)))
    different = list({r["messages"][1]["content"]: r for r in rows}.values())
    random.Random(SEED).shuffle(different)
    return different[:12], different[12:]


def gsm8k(folder: Path) -> tuple[list[Row], list[Row]]:
    rows = lines(folder / "train.jsonl")
    return rows[:200], lines(folder / "validation.jsonl") + rows[200:250]


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


SETS = {"banking77": banking77, "stock_tool_calling": stock, "gsm8k_chat": gsm8k}


def make(data: Path, out: Path) -> None:
    """Write OUT/SET/train.jsonl and OUT/SET/held_out.jsonl."""
    for name, made in SETS.items():
        for part, rows in zip(("train", "held_out"), made(data / name), strict=True):
            path = out / name / f"{part}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
            print(f"{path}: {len(rows)} rows")


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
