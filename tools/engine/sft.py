"""Supervised fine-tuning with LoRA: TRL's trainer over rows that are already tokens and labels."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import TrainerCallback, set_seed
from trl import SFTConfig, SFTTrainer

from tools.engine import files, loading
from tools.engine.durable import write_json
from tools.engine.encode import Prepared
from tools.engine.jobs import Job
from tools.engine.recipe import Resolved
from tools.engine.render import Encoded
from tools.engine.report import Report


def train(job: Job, report: Report, tokenizer: Any, prepared: Prepared, threads: int) -> None:
    """Train, and store the adapter and the curve."""
    torch.set_num_threads(threads)
    set_seed(job.seed)
    card = _card(job, prepared.plan)
    trainer = _trainer(job, tokenizer, prepared)
    trainer.add_callback(Teller(job, report, bool(prepared.validation), card))
    report.begin_training()
    trainer.train()
    _store(trainer.model, job.folder / "adapter", card)
    report.results()
    cost = report.cost(trainer.state.global_step) | {"threads": threads, "device": str(trainer.args.device)}
    report.say(f"Trained in {cost['training_wall_s']} s, peak memory {cost['peak_rss_bytes'] / 1e9:.2f} GB.", data=cost)
    report.outcome("succeeded", trained_tokens=prepared.trained_tokens, cost=cost)


def _trainer(job: Job, tokenizer: Any, prepared: Prepared) -> SFTTrainer:
    values = prepared.plan.values
    model = loading.model_of(loading.folder_of(job.base), torch.bfloat16)
    config = SFTConfig(
        output_dir=str(job.folder / "trainer"),
        num_train_epochs=values["n_epochs"],
        per_device_train_batch_size=values["batch_size"],
        per_device_eval_batch_size=values["batch_size"],
        learning_rate=values["learning_rate"],
        lr_scheduler_type="cosine",
        warmup_steps=values["warmup_steps"],
        max_length=None,  # rows that do not fit were left out; the trainer must not cut any
        use_cpu=not torch.cuda.is_available(),
        bf16=False,  # the base is loaded in bf16, the adapter stays in fp32: autocast would only slow it down
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        eval_strategy="no",  # the callback below decides when
        save_strategy="no",
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        seed=job.seed,
        data_seed=job.seed,
    )
    lora = LoraConfig(
        r=values["lora_r"],
        lora_alpha=values["lora_alpha"],
        target_modules="all-linear",
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    return SFTTrainer(
        model=model,
        args=config,
        train_dataset=_dataset(prepared.training),
        eval_dataset=_dataset(prepared.validation) if prepared.validation else None,
        processing_class=tokenizer,
        peft_config=lora,
    )


def _dataset(rows: list[Encoded]) -> Dataset:
    return Dataset.from_dict({"input_ids": [r.input_ids for r in rows], "labels": [r.labels for r in rows]})


class Teller(TrainerCallback):  # type: ignore[misc]
    """Turns the trainer's log into events, decides when to evaluate, keeps a checkpoint an epoch."""

    def __init__(self, job: Job, report: Report, evaluates: bool, card: dict[str, Any]) -> None:
        self._job, self._report, self._evaluates, self._card = job, report, evaluates, card

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Evaluate ten times a run."""
        every = max(1, state.max_steps // 10)
        control.should_evaluate = self._evaluates and state.global_step % every == 0

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Evaluate at the end of every epoch."""
        every = max(1, state.max_steps // 10)
        control.should_evaluate = self._evaluates and state.global_step % every != 0

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], model: Any, **_: Any) -> None:
        """Tell the numbers."""
        names = {
            "loss": "train_loss",
            "mean_token_accuracy": "train_mean_token_accuracy",
            "eval_loss": "valid_loss",
            "eval_mean_token_accuracy": "valid_mean_token_accuracy",
            "learning_rate": "learning_rate",
            "grad_norm": "grad_norm",
        }
        values = {new: float(logs[old]) for old, new in names.items() if old in logs}
        if "train_loss" in values or "valid_loss" in values:
            self._report.metrics(state.global_step, state.max_steps, values)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        """Keep what the epoch before has learnt (evaluated by now)."""
        if state.global_step:
            self._keep(state, model)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        """Keep the last epoch's checkpoint too."""
        self._keep(state, model)

    def _keep(self, state: Any, model: Any) -> None:
        _store(model, self._job.folder / "checkpoints" / f"step-{state.global_step}", self._card)
        self._report.checkpoint(state.global_step)


def _store(model: Any, target: Path, card: dict[str, Any]) -> None:
    """The adapter's safetensors and configuration, whole or not at all."""
    beside = target.with_name(f".{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        model.save_pretrained(beside, safe_serialization=True)
        (beside / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
        write_json(beside / "card.json", card)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _card(job: Job, plan: Resolved) -> dict[str, Any]:
    """What the adapter was made from."""
    digest = files.get(job.request.training_file)["sha256"]
    recipe = hashlib.sha256(json.dumps(plan.values, sort_keys=True).encode()).hexdigest()
    return {
        "job": job.id,
        "model": job.fine_tuned_model,
        "base": job.request.model,
        "method": job.request.method.type,
        "seed": job.seed,
        "training_file_sha256": digest,
        "hyperparameters": plan.values,
        "recipe_sha256": recipe,
    }
