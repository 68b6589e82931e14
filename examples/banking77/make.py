"""Draw questions.csv from the published Banking77: six intents, 40 training rows each, seed 7.

python examples/banking77/make.py TRAIN.csv      TRAIN.csv is the set's train.csv (text,category)
"""

import csv
import random
import sys
from collections import defaultdict
from pathlib import Path

INTENTS = (
    "card_arrival", "card_delivery_estimate", "card_payment_wrong_exchange_rate", "exchange_rate", "passcode_forgotten",
    "top_up_failed",
)  # fmt: skip
"""Two pairs that are easily taken for each other, and two that are not."""
EACH = 40
SEED = 7


def main() -> None:
    """Write questions.csv beside this file."""
    found = defaultdict(list)
    with open(sys.argv[1], newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            found[row["category"]].append(" ".join(row["text"].split()))
    dice = random.Random(SEED)
    rows = [(text, intent) for intent in INTENTS for text in dice.sample(found[intent], EACH)]
    dice.shuffle(rows)
    with (Path(__file__).parent / "questions.csv").open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(("text", "category"))
        out.writerows(rows)


if __name__ == "__main__":
    main()
