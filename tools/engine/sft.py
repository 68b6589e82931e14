"""Supervised fine-tuning with LoRA: TRL's trainer over rows that are already tokens and labels."""

import hashlib
import json
import math
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
from tools.engine.jobs import Job
from tools.engine.recipe import Hyperparameters, Resolved, resolve
from tools.engine.render import IGNORED, Encoded, Renderer
from tools.engine.report import Report
from tools.engine.rows import DataError, Row

SHOWN_ROWS = 4


def train(
    job: Job, report: Report, training: list[Row], validation: list[Row], wanted: Hyperparameters, threads: int
) -> None:
    """The whole run, from rows to a stored adapter.

    Raises:
        DataError: the rows cannot be trained with this base.
    """
    torch.set_num_threads(threads)
    folder = loading.folder_of(job.base, lambda part, text: report.say(text, data={"part_done": part}))
    tokenizer = loading.tokenizer_of(folder)
    renderer = Renderer(tokenizer, job.base_label)
    max_length = resolve(wanted, len(training)).values["max_length"]
    encoded = _fitting(renderer, training, max_length, report, "training")
    held = _fitting(renderer, validation, max_length, report, "validation") if validation else []
    plan = resolve(wanted, len(encoded))
    steps = math.ceil(len(encoded) / plan.values["batch_size"]) * plan.values["n_epochs"]
    _show_first_batch(job, tokenizer, encoded)
    write_json(job.folder / "resolved.json", {"values": plan.values, "origins": plan.origins, "steps": steps})
    tokens = sum(label != IGNORED for row in encoded for label in row.labels)
    report.say(
        f"{len(encoded)} rows, {tokens} trained tokens an epoch, {plan.values['n_epochs']} epoch(s), {steps} steps.",
        data={"rows": len(encoded), "trained_tokens_per_epoch": tokens, "steps": steps, **plan.values},
    )
    set_seed(job.seed)
    card = _card(job, plan)
    trainer = _trainer(job, folder, tokenizer, encoded, held, plan)
    trainer.add_callback(Teller(job, report, bool(held), card))
    report.begin_training()
    trainer.train()
    _store(trainer.model, job.folder / "adapter", card)
    report.results()
    cost = report.cost(trainer.state.global_step) | {"threads": threads, "device": str(trainer.args.device)}
    report.say(f"Trained in {cost['training_wall_s']} s, peak memory {cost['peak_rss_bytes'] / 1e9:.2f} GB.", data=cost)
    report.outcome("succeeded", trained_tokens=tokens * plan.values["n_epochs"], cost=cost)


def _fitting(renderer: Renderer, rows: list[Row], max_length: int, report: Report, which: str) -> list[Encoded]:
    """Encode; leave out, and say so, rows that do not fit: a cut answer would teach to stop early."""
    encoded = [renderer.supervised(row) for row in rows]
    fit = [row for row in encoded if len(row.input_ids) <= max_length]
    if out := [row.line for row in encoded if len(row.input_ids) > max_length]:
        longest = max(len(row.input_ids) for row in encoded)
        report.say(
            f"{len(out)} of {len(rows)} {which} rows are longer than {max_length} tokens (the longest: {longest}) "
            "and are left out, not cut. Raise max_length to train on them.",
            level="warn",
            data={"left_out": len(out), "lines": out[:100], "longest": longest, "max_length": max_length},
        )
    if not fit:
        raise DataError(f"No {which} row fits into {max_length} tokens. Raise max_length.", code="nothing_fits")
    return fit


def _show_first_batch(job: Job, tokenizer: Any, encoded: list[Encoded]) -> None:
    """Keep, for a person to look at, which tokens of the first rows are trained."""
    shown = [
        {
            "line": row.line,
            "tokens": [
                {"text": tokenizer.decode([token]), "trained": label != IGNORED}
                for token, label in zip(row.input_ids, row.labels, strict=True)
            ],
        }
        for row in encoded[:SHOWN_ROWS]
    ]
    write_json(job.folder / "first_batch.json", {"rows": shown})


def _trainer(
    job: Job, folder: Path, tokenizer: Any, rows: list[Encoded], held: list[Encoded], plan: Resolved
) -> SFTTrainer:
    values = plan.values
    model = loading.model_of(folder, torch.bfloat16)
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
        train_dataset=_dataset(rows),
        eval_dataset=_dataset(held) if held else None,
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
