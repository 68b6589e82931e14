"""GRPO on Banking77, going on from an earlier adapter: only a reward is given, no answer is shown.

    python bench/engine/grpo_banking77.py FOLDER        FOLDER holds train.csv and test.csv (text,category)

The base never names an intent, and nothing that is never right can be rewarded. So a few labelled rows come first,
then many rows whose label only the grader sees. The reward is a multi grader: mostly the exact intent (string_check), a
little for likeness to it (text_similarity). All arms are asked with the same short prompt that lists no intent.
"""

import argparse
import random
from pathlib import Path

import banking77
import common

OUT, WANTED = "{{sample.output_text}}", "{{item.answer}}"
GRADER = {
    "type": "multi",
    "name": "intent",
    "graders": {
        "exact": {"type": "string_check", "name": "exact", "input": OUT, "reference": WANTED, "operation": "eq"},
        "alike": {
            **{"type": "text_similarity", "name": "alike", "input": OUT, "reference": WANTED},
            "evaluation_metric": "fuzzy_match",
        },
    },
    "calculate_output": "0.8 * exact + 0.2 * alike",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--intents", type=int, default=8)
    parser.add_argument("--first", type=int, default=6, help="labelled rows an intent, for the SFT that comes first")
    parser.add_argument("--train", type=int, default=20, help="rows an intent that are only rewarded")
    parser.add_argument("--most", type=int, help="rewarded rows in all, for a shorter run")
    parser.add_argument("--begin-with", help="the model of an earlier run's SFT, to save its minutes")
    parser.add_argument("--threads", type=int, help="default: what the engine finds best")
    parser.add_argument("--held-out", type=int, default=25, help="rows an intent")
    parser.add_argument("--multiplier", type=float, default=6.0)
    parser.add_argument("--answers", type=int, default=4)
    parser.add_argument("--batch", type=int, default=4)
    args = parser.parse_args()
    common.machine()
    dice = random.Random(args.seed)
    train, test = banking77.by_intent(args.folder / "train.csv"), banking77.by_intent(args.folder / "test.csv")
    intents = dice.sample(sorted(train), args.intents)

    def asked(text: str) -> list[common.Message]:
        return [common.said("system", banking77.TASK), common.said("user", text)]

    drawn = {i: dice.sample(train[i], min(args.first + args.train, len(train[i]))) for i in intents}
    first = [{"messages": [*asked(t), common.said("assistant", i)]} for i in intents for t in drawn[i][: args.first]]
    rows = [{"messages": asked(t), "answer": i} for i in intents for t in drawn[i][args.first :]]
    seen = {text for texts in drawn.values() for text in texts}
    held = [(t, i) for i in intents for t in dice.sample(test[i], min(args.held_out, len(test[i]))) if t not in seen]
    dice.shuffle(first)
    dice.shuffle(rows)
    rows = rows[: args.most]
    print(f"intents: {', '.join(intents)}; {len(first)} labelled rows, {len(rows)} rewarded, {len(held)} held out")
    made = common.client()

    def score(model: str, arm: str) -> list[bool]:
        answers = common.ask(made, model, [asked(text) for text, _ in held], 16)
        right = [answer == intent for answer, (_, intent) in zip(answers, held, strict=True)]
        common.share(f"{arm}, exactly the intent", right)
        common.share(f"{arm}, any of the intents", [answer in intents for answer in answers])
        print("  for example:", answers[:3])
        return right

    score(common.BASE, "base")
    begun = args.begin_with
    sft = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4, "max_length": 128}}}
    if not begun:
        begun, _ = common.train(made, first, sft, seed=args.seed, suffix="first")
    before = score(begun, "after SFT on the few")
    hyperparameters = {
        "n_epochs": 1,
        "batch_size": args.batch,
        "answers_per_prompt": args.answers,
        "answer_tokens": 12,
        "learning_rate_multiplier": args.multiplier,
    }
    method = {"type": "reinforcement", "reinforcement": {"grader": GRADER, "hyperparameters": hyperparameters}}
    if args.threads:
        hyperparameters["threads"] = args.threads
    model, job_id = common.train(made, rows, method, seed=args.seed, suffix="grpo", model=begun)
    earned = common.rewards(made, job_id)
    fifth = max(1, len(earned) // 5)
    means = [sum(part) / len(part) for part in (earned[:fifth], earned[-fifth:])]
    print(f"reward, mean of the first and the last fifth of {len(earned)} steps: {means[0]:.3f}, {means[1]:.3f}")
    common.paired("after GRPO against before", before, score(model, "after GRPO"))
    common.machine()


if __name__ == "__main__":
    main()
