"""The engine's training step against the same TRL script run by hand: interleaved, in one run, on the same rows.

    python bench/engine/throughput.py FOLDER        FOLDER holds train.csv (text,category)

Both train the packaged model with the same LoRA, rows, batch, rate, seed and number of threads; each run is a process
of its own, and only the time between the first and the last step counts, so that neither loading nor storing is in it.
The order changes every round (engine, script, script, engine), so that a machine that gets busier hurts both alike.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import banking77
import common

SCRIPT = """
import json, os, sys, time
order = json.load(sys.stdin)
os.environ["OMP_NUM_THREADS"] = str(order["threads"])
import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback, set_seed
from trl import SFTConfig, SFTTrainer
torch.set_num_threads(order["threads"])
set_seed(0)
tokenizer = AutoTokenizer.from_pretrained(order["base"])
model = AutoModelForCausalLM.from_pretrained(order["base"], dtype=torch.bfloat16)
rows = Dataset.from_list([{"prompt": r["messages"][:-1], "completion": r["messages"][-1:]} for r in order["rows"]])
times = []
class Clock(TrainerCallback):
    def on_step_end(self, *args, **kwargs):
        times.append((time.perf_counter(), time.process_time()))
config = SFTConfig(
    output_dir=order["out"], max_steps=order["steps"], per_device_train_batch_size=8, learning_rate=1e-3,
    lr_scheduler_type="cosine", warmup_steps=3, max_length=None, use_cpu=True, bf16=False, gradient_checkpointing=False,
    dataloader_pin_memory=False, save_strategy="no", logging_steps=1, report_to=[], disable_tqdm=True,
    seed=0, data_seed=0,
)
lora = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", lora_dropout=0.0, task_type="CAUSAL_LM")
trainer = SFTTrainer(model=model, args=config, train_dataset=rows, processing_class=tokenizer, peft_config=lora)
trainer.add_callback(Clock())
trainer.train()
sys.stderr.write("\\nTIMES " + json.dumps(times) + "\\n")
"""
ENGINE = """
import json, os, sys, time
order = json.load(sys.stdin)
os.environ["ADVISOR_HOME"] = order["home"]
os.environ["OMP_NUM_THREADS"] = str(order["threads"])
from pathlib import Path
from tools.engine import files, jobs, models, train
from tools.engine.wire import CreateJob
import io
lines = "\\n".join(json.dumps(r) for r in order["rows"]).encode()
file = files.save(io.BytesIO(lines), "train.jsonl", "fine-tune")["id"]
numbers = {"n_epochs": 1, "max_length": 512, "threads": order["threads"]}
method = {"type": "supervised", "supervised": {"hyperparameters": numbers}}
request = CreateJob.model_validate({"model": order["model"], "training_file": file, "method": method})
job, _ = jobs.create(request, models.base_of(order["model"]), 0)
from transformers import TrainerCallback
from tools.engine import trainers
times = []
class Clock(TrainerCallback):
    def on_step_end(self, *args, **kwargs):
        times.append((time.perf_counter(), time.process_time()))
before = trainers.SFTTrainer.train
def clocked(self, *args, **kwargs):
    self.add_callback(Clock())
    return before(self, *args, **kwargs)
trainers.SFTTrainer.train = clocked
assert train.main(job.folder) == 0
sys.stderr.write("\\nTIMES " + json.dumps(times) + "\\n")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    common.machine()
    from tools.engine import control, paths

    control.prepare_model()
    labelled = [(t, i) for i, texts in banking77.by_intent(args.folder / "train.csv").items() for t in texts]
    chosen = random.Random(0).sample(labelled, 8 * args.steps)
    rows = [
        {"messages": [common.said("system", banking77.TASK), common.said("user", t), common.said("assistant", i)]}
        for t, i in chosen
    ]
    base = str(paths.models() / common.BASE)
    wall: dict[str, list[float]] = {"engine": [], "script": []}
    processor: dict[str, list[float]] = {"engine": [], "script": []}
    for number in range(args.rounds):
        for arm in ("engine", "script") if number % 2 == 0 else ("script", "engine"):
            with tempfile.TemporaryDirectory() as folder:
                order = {
                    "rows": rows, "steps": args.steps, "threads": args.threads, "base": base, "model": base,
                    "out": folder, "home": folder,
                }  # fmt: skip
                times = timed(ENGINE if arm == "engine" else SCRIPT, order)
            steps = len(times) - 1
            wall[arm].append((times[-1][0] - times[0][0]) / steps)
            processor[arm].append((times[-1][1] - times[0][1]) / steps)
            print(
                f"round {number + 1} {arm}: {wall[arm][-1]:.2f} s a step, {processor[arm][-1]:.2f} processor-s",
                flush=True,
            )
    for what, found in (("wall", wall), ("processor", processor)):
        ratios = [s / e for s, e in zip(found["script"], found["engine"], strict=True)]
        print(f"{what}: throughput of the engine to the script's, median of {len(ratios)} rounds: "
              f"{statistics.median(ratios):.3f} (lowest {min(ratios):.3f}, highest {max(ratios):.3f})")  # fmt: skip
    common.machine()


def timed(script: str, order: dict[str, object]) -> list[list[float]]:
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[2]), "GOMP_SPINCOUNT": "1000"}
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(order), text=True, env=env, capture_output=True, check=False
    )
    found = [line for line in done.stderr.splitlines() if line.startswith("TIMES ")]
    if not found:
        raise SystemExit(done.stderr[-3000:])
    times: list[list[float]] = json.loads(found[0].removeprefix("TIMES "))
    return times


if __name__ == "__main__":
    main()
