"""DPO on real preference pairs: does the tuned model find the preferred answer likelier, on pairs it never saw?

    python bench/engine/dpo_orca.py FILE        FILE: preference pairs in OpenAI's form

Both models read every held-out pair; counted is how often the preferred answer has the higher mean log-probability a
token (by the sum, the shorter answer would nearly always win). Nothing is generated, so nothing is judged by a model.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import common

READ = """
import json, sys
import torch
from pathlib import Path
from tools.engine import loading
from tools.engine.pairs import pair
from tools.engine.render import Renderer
from tools.engine.rows import Row
order = json.load(sys.stdin)
folder = Path(order["base"])
tokenizer = loading.tokenizer_of(folder)
model = loading.model_of(folder, torch.float32)
if order["adapter"]:
    from peft import PeftModel
    model = PeftModel.from_pretrained(model, order["adapter"]).merge_and_unload()
model.eval()
renderer = Renderer(tokenizer, "base")
def mean(prompt, answer):
    ids = torch.tensor([prompt + answer])
    with torch.inference_mode():
        logits = model(input_ids=ids, logits_to_keep=len(answer) + 1).logits[0, :-1].float()
    return torch.log_softmax(logits, -1).gather(1, torch.tensor(answer)[:, None]).mean().item()
for i, row in enumerate(order["rows"]):
    p = pair(renderer, Row(i, row))
    print(json.dumps([mean(p.prompt_ids, p.chosen_ids), mean(p.prompt_ids, p.rejected_ids)]), flush=True)
"""
LENGTH = """
import json, sys
from pathlib import Path
from tools.engine import loading
from tools.engine.pairs import pair
from tools.engine.render import Renderer
from tools.engine.rows import Row
order = json.load(sys.stdin)
renderer = Renderer(loading.tokenizer_of(Path(order["base"])), "base")
print(json.dumps([pair(renderer, Row(i, row)).length for i, row in enumerate(order["rows"])]))
"""


def read(script: str, **order: object) -> list[object]:
    """Run a reading script in a process of its own, so that torch and its memory go away afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(order), text=True, check=True, stdout=subprocess.PIPE,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--most", type=int, default=448, help="tokens of a pair's longer side; longer pairs are left out"
    )
    parser.add_argument("--held-out", type=int, default=60)
    parser.add_argument("--train", type=int, default=96)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--multiplier", type=float, default=4.0)
    args = parser.parse_args()
    common.machine()
    made = common.client()
    from tools.engine import jobs, paths

    base = str(paths.models() / common.BASE)
    rows = common.lines(args.file)
    [lengths] = read(LENGTH, base=base, rows=rows)
    fit = [row for row, n in zip(rows, lengths, strict=True) if n <= args.most]  # type: ignore[call-overload]
    held, training = common.parts(fit, args.seed, args.held_out, args.train)
    print(f"{len(rows)} pairs, {len(fit)} within {args.most} tokens; {len(training)} to train, {len(held)} held out")
    hyperparameters = {
        "n_epochs": 1, "batch_size": args.batch, "learning_rate_multiplier": args.multiplier, "max_length": args.most
    }  # fmt: skip
    _, job_id = common.train(
        made, training, {"type": "dpo", "dpo": {"hyperparameters": hyperparameters}}, seed=args.seed, suffix="orca"
    )
    adapter = str(jobs.get(job_id).folder / "adapter")
    arms = {}
    for name, folder in (("base", None), ("tuned", adapter)):
        found = read(READ, base=base, adapter=folder, rows=held)
        arms[name] = [chosen > rejected for chosen, rejected in found]  # type: ignore[misc, has-type]
        margin = sum(c - r for c, r in found) / len(found)  # type: ignore[misc, has-type]
        common.share(f"{name}, preferred answer likelier", arms[name])
        print(f"  mean margin {margin:+.3f} nats a token")
    common.paired("tuned against base", arms["base"], arms["tuned"])
    common.machine()


if __name__ == "__main__":
    main()
