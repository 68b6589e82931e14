"""Write tickets.jsonl from phrases.yaml: chat JSONL, one ticket a phrase, in seeded order.

python examples/zava/make.py
"""

import random
from pathlib import Path

import jsonlines
import yaml

HERE = Path(__file__).parent
SYSTEM = "You route messages to Zava's teams. Answer with the name of the team only."
OPENERS = ["", "", "", "Hello, ", "Hi there, ", "Good morning. ", "Question: "]
CLOSERS = ["", "", "", " Thanks!", " Thank you.", " Regards, Kim", " Please help."]


def tickets(seed: int = 7) -> list[dict[str, object]]:
    """All tickets, shuffled; the same for the same seed."""
    phrases = yaml.safe_load((HERE / "phrases.yaml").read_text())
    products = phrases.pop("product")
    rng = random.Random(seed)
    rows: list[dict[str, object]] = []
    for team, texts in phrases.items():
        for text in texts:
            words = rng.choice(OPENERS) + text.format(product=rng.choice(products)) + rng.choice(CLOSERS)
            messages = [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": words},
                {"role": "assistant", "content": team},
            ]
            rows.append({"messages": messages})
    rng.shuffle(rows)
    return rows


if __name__ == "__main__":
    rows = tickets()
    with jsonlines.open(HERE / "tickets.jsonl", "w") as f:
        f.write_all(rows)
    print(f"{len(rows)} tickets")
