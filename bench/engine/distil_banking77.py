"""Distillation on Banking77: a teacher with its nearest examples in the prompt answers; the bare base learns from it.

    python bench/engine/distil_banking77.py FOLDER        FOLDER holds train.csv and test.csv (text,category)

The teacher is the untuned base with the five nearest of a pool of labelled examples in its prompt. The student is the
same base, trained on the teacher's answers to other questions, whose labels nobody looks at; it is asked with a short
prompt. So what the teacher has from its long prompt goes into the student's weights.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

import banking77
import common

from tools.distillation import terms
from tools.distillation.collect import collect
from tools.distillation.records import DistilRequest, Filters
from tools.endpoint import OWN_ENGINE, Endpoint
from tools.evals.prompts import Nearest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--intents", type=int, default=8)
    parser.add_argument("--pool", type=int, default=30, help="labelled examples an intent that the teacher sees")
    parser.add_argument("--questions", type=int, default=40, help="unlabelled questions an intent")
    parser.add_argument("--held-out", type=int, default=25, help="rows an intent")
    parser.add_argument("--threads", type=int, help="default: what the engine finds best")
    args = parser.parse_args()
    common.machine()
    dice = random.Random(args.seed)
    train, test = banking77.by_intent(args.folder / "train.csv"), banking77.by_intent(args.folder / "test.csv")
    intents = dice.sample(sorted(train), args.intents)
    drawn = {i: dice.sample(train[i], min(len(train[i]), args.pool + args.questions)) for i in intents}
    seen = {t for texts in drawn.values() for t in texts}
    held = [(t, i) for i in intents for t in dice.sample(test[i], min(args.held_out, len(test[i]))) if t not in seen]
    made = common.client()
    listed = f"{banking77.TASK} Answer with one of these intents and nothing else: {'; '.join(intents)}."

    def asked(text: str) -> list[common.Message]:
        return [common.said("system", banking77.TASK), common.said("user", text)]

    def chat(text: str, intent: str) -> common.Row:
        return {"messages": [*asked(text), common.said("assistant", intent)]}

    with tempfile.TemporaryDirectory() as folder:
        pool, prompts, exam = (Path(folder) / f"{name}.jsonl" for name in ("pool", "prompts", "exam"))
        write(pool, [chat(t, i) for i in intents for t in drawn[i][: args.pool]])
        unlabelled = [{"messages": asked(t)} for i in intents for t in drawn[i][args.pool :]]
        dice.shuffle(unlabelled)
        write(prompts, unlabelled)
        write(exam, [{"messages": asked(t)} for t, _ in held])
        teacher = Endpoint(base_url=str(made.base_url), model=common.BASE, api_key=made.api_key, name=OWN_ENGINE)
        terms.accept(teacher, "bench")
        request = DistilRequest(
            prompts=prompts, out=Path(folder) / "distilled.jsonl", teacher=teacher, person="bench", max_tokens=16,
            prompt=Nearest(train=pool, k=5, text=listed), parallel=32,
            filters=Filters(most_characters=max(map(len, intents))),
            usd_per_million_prompt_tokens=0, usd_per_million_completion_tokens=0,
        )  # fmt: skip
        result = collect(request)
        print(f"{result.asked} asked, {result.reused} known, {result.rows} kept, dropped {result.dropped}", flush=True)
        truth = {t: i for i in intents for t in drawn[i]}
        rows = common.lines(result.out)
        agree = [row["messages"][-1]["content"] == truth[row["messages"][-2]["content"]] for row in rows]
        common.share("kept answers that are right (told afterwards, not used)", agree)
        taught = collect(
            request.model_copy(update={"prompts": exam, "out": Path(folder) / "t.jsonl", "filters": Filters()})
        )
        said = {row["messages"][-2]["content"]: row["messages"][-1]["content"] for row in common.lines(taught.out)}
    arms = {"teacher, five nearest in the prompt": [said.get(t, "") == i for t, i in held]}
    arms["base, short prompt"] = right(common.ask(made, common.BASE, [asked(t) for t, _ in held], 16), held)
    numbers = {"n_epochs": 2, "max_length": 128} | ({"threads": args.threads} if args.threads else {})
    method = {"type": "supervised", "supervised": {"hyperparameters": numbers}}
    student, _ = common.train(made, rows, method, seed=args.seed, suffix="student")
    arms["student, short prompt"] = right(common.ask(made, student, [asked(t) for t, _ in held], 16), held)
    for arm, outcome in arms.items():
        common.share(arm, outcome)
    common.paired("student against base", arms["base, short prompt"], arms["student, short prompt"])
    common.paired(
        "student against teacher", *(arms[a] for a in ("teacher, five nearest in the prompt", "student, short prompt"))
    )
    common.machine()


def right(answers: list[str], held: list[tuple[str, str]]) -> list[bool]:
    return [answer == intent for answer, (_, intent) in zip(answers, held, strict=True)]


def write(path: Path, rows: list[common.Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
