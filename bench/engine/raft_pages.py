"""RAFT on real documents: does the tuned model quote the right one of three passages, about documents it never saw?

    python bench/engine/raft_pages.py [FOLDER]        FOLDER holds Markdown pages; default: knowledge/pages

Questions are the pages' own `question` and `aliases`, as people type them; the answer is the page's first sentence.
Counted on pages that are held out: the answer quotes words that stand in the right passage (and nowhere else among
those shown), in the asked form; and its answer is the page's first sentence, but for case and marks.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

import common
import yaml

from tools.raft.answers import final, quotes, squeezed
from tools.raft.documents import sentences
from tools.raft.make import make
from tools.raft.records import RaftRequest

PAGES = Path(__file__).parents[2] / "knowledge" / "pages"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=PAGES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--distractors", type=int, default=2)
    parser.add_argument("--passage-words", type=int, default=40)
    parser.add_argument("--train", type=int, default=120, help="rows, at most")
    parser.add_argument("--held-out", type=int, default=80, help="rows, at most")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, help="default: what the engine finds best")
    args = parser.parse_args()
    common.machine()
    dice = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        asked = [row for page in sorted(args.folder.glob("*.md")) for row in questions(page)]
        file = Path(folder) / "questions.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in asked), encoding="utf-8")
        request = RaftRequest(
            documents=(args.folder,), out=Path(folder) / "raft", questions=file, distractors=args.distractors,
            passage_words=args.passage_words, seed=args.seed,
        )  # fmt: skip
        result = make(request)
        print(result.model_dump_json(exclude={"train", "held_out"}), flush=True)
        train = common.lines(result.train)[: args.train]
        held = common.lines(Path(str(result.held_out)))
    held = dice.sample(held, min(args.held_out, len(held)))
    print(f"P {request.golden_share}, {len(train)} rows to train, {len(held)} held-out rows", flush=True)
    made = common.client()
    prompts = [row["messages"][:-1] for row in held]
    base = score("base", held, common.ask(made, common.BASE, prompts, 96))
    numbers = {"n_epochs": 1, "batch_size": args.batch, "max_length": 512}
    numbers |= {"threads": args.threads} if args.threads else {}
    method = {"type": "supervised", "supervised": {"hyperparameters": numbers}}
    model, _ = common.train(made, train, method, seed=args.seed, suffix="raft")
    common.paired("tuned against base", base, score("tuned", held, common.ask(made, model, prompts, 96)))
    common.machine()


def questions(page: Path) -> list[dict[str, str]]:
    _, head, text = page.read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(head)
    first = sentences(" ".join(text.split("\n\n")[0].split()))[0]
    return [
        {"question": q, "answer": first, "document": page.stem, "evidence": first}
        for q in [told["question"], *told["aliases"]]
    ]


def score(arm: str, held: list[common.Row], answers: list[str]) -> list[bool]:
    """Whether a quote stands in the right passage and in no other one shown; the shares are printed."""
    right, final_right = [], []
    for row, answer in zip(held, answers, strict=True):
        others = squeezed(row["messages"][1]["content"].replace(row["evidence"], " "))
        found = [squeezed(q) for q in quotes(answer) if len(q.split()) >= 4]
        right.append(any(q in squeezed(row["evidence"]) and q not in others for q in found))
        final_right.append(squeezed(final(answer) or "") == squeezed(row["answer"]))
    common.share(f"{arm}, quotes the right passage", right)
    common.share(f"{arm}, answer exactly right", final_right)
    print("  for example:", json.dumps(answers[0])[:300], flush=True)
    return right


if __name__ == "__main__":
    main()
