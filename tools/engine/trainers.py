"""The TRL trainer of each method, all with the same settings where they mean the same."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from transformers import TrainerState, set_seed
from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from tools.engine import collate, grading, loading, storing
from tools.engine.encode import Prepared
from tools.engine.jobs import Job
from tools.engine.recipe import default
from tools.engine.render import Renderer
from tools.engine.report import Report
from tools.engine.seeing import Seeing
from tools.engine.team import ALONE, Team, agreed, keeper
from tools.engine.teller import Teller


class PairTrainer(DPOTrainer):  # type: ignore[misc]
    """DPO over rows that are tokens already, so that what was counted and shown is what is trained."""

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset


def train(
    job: Job, report: Report, reading: tuple[Any, Renderer], prepared: Prepared, threads: int, team: Team = ALONE
) -> None:
    """Train, and store the model and the curve; of a team, every process trains and the first one stores.

    Args:
        job: what was asked.
        report: where to tell.
        reading: the tokenizer (of a base that reads images, its processor), and what renders with it.
        prepared: rows as tokens, and every number.
        threads: of the processor.
        team: the processes that train together.
    """
    tokenizer, _ = reading
    torch.set_num_threads(threads)
    set_seed(job.seed)
    card = storing.card_of(job, prepared.plan)
    trainer = _trainer(job, report, reading, prepared, team)
    full = prepared.plan.values["full"]

    def keep(model: Any, step: int) -> None:
        if team.first:
            storing.store(model, tokenizer, job.folder / "checkpoints" / f"step-{step}", card)

    # After full fine-tuning a checkpoint is as large as the model: only the last one is kept then.
    every = prepared.plan.values.get("eval_interval")
    trainer.add_callback(Teller(report, bool(prepared.validation), None if full else keep, every))
    if team.restarted:
        trainer.add_callback(keeper(team))
    report.begin_training()
    trainer.train(resume_from_checkpoint=_resume(report, team))
    if team.size > 1:
        report.say(f"The same weights in all {team.size} processes.", data={"weights_sha256": agreed(trainer.model)})
    if not team.first:
        return
    model = trainer.model.to(torch.bfloat16) if full else trainer.model
    storing.store(model, tokenizer, job.folder / "adapter", card)
    report.results()
    cost = report.cost(trainer.state.global_step) | {"threads": threads, "device": str(trainer.args.device)}
    report.say(f"Trained in {cost['training_wall_s']} s, peak memory {cost['peak_rss_bytes'] / 1e9:.2f} GB.", data=cost)
    report.outcome("succeeded", trained_tokens=prepared.trained_tokens, cost=cost)


def _resume(report: Report, team: Team) -> str | None:
    """The checkpoint to go on from after one of the team was lost."""
    if team.resume is None:
        return None
    step = TrainerState.load_from_json(str(team.resume / "trainer_state.json")).global_step
    report.resume(step)
    text = f"A worker was lost. {team.size} worker(s) go on from step {step}, the last one stored."
    report.say(text, level="warn", data={"resumed_from": step, "workers": team.size})
    return str(team.resume)


def _trainer(job: Job, report: Report, reading: tuple[Any, Renderer], prepared: Prepared, team: Team) -> Any:
    tokenizer, renderer = reading
    values = prepared.plan.values
    model, lora = _start(job, report, values)
    given = {
        "model": model,
        "train_dataset": _dataset(prepared.training),
        "eval_dataset": _dataset(prepared.validation) if prepared.validation else None,
        "processing_class": tokenizer,
        "peft_config": lora,
    }
    if job.request.method.type == "dpo":
        config = DPOConfig(**_settings(job, values, team), beta=values["beta"])
        return PairTrainer(args=config, **given)
    if job.request.method.type == "reinforcement":
        return _reinforcement(job, values, given, team)
    settings = _settings(job, values, team)
    if isinstance(renderer, Seeing):
        # Some weights of a vision tower have no say in the answer: without this, several processes wait for them.
        settings |= {"remove_unused_columns": False, "ddp_find_unused_parameters": True}
        given["data_collator"] = partial(collate.batch, tokenizer)
    return SFTTrainer(args=SFTConfig(**settings), **given)


def _reinforcement(job: Job, values: dict[str, Any], given: dict[str, Any], team: Team) -> GRPOTrainer:
    """GRPO: several answers a prompt, each pushed by how much better its reward is than its siblings'."""
    grader = grading.parse(job.request.method.settings.grader)

    def graded(completions: list[list[dict[str, str]]], item: list[str], **_: Any) -> list[float]:
        return [
            grading.reward(grader, answer[0]["content"], json.loads(row))
            for answer, row in zip(completions, item, strict=True)
        ]

    settings = _settings(job, values, team)
    del settings["max_length"]
    answers = team.share(values["batch_size"] * values["answers_per_prompt"])
    settings |= {"per_device_train_batch_size": answers, "per_device_eval_batch_size": answers}
    config = GRPOConfig(
        **settings,
        num_generations=values["answers_per_prompt"],
        max_completion_length=values["answer_tokens"],
        temperature=1.0,
    )
    if given["eval_dataset"] is not None:
        given["eval_dataset"] = given["eval_dataset"].select(
            range(min(len(given["eval_dataset"]), values["eval_samples"]))
        )
    return GRPOTrainer(args=config, reward_funcs=graded, **given)


def _start(job: Job, report: Report, values: dict[str, Any]) -> tuple[Any, LoraConfig | None]:
    """The weights to begin from, and the adapter to add to them (None: all weights learn, or an earlier adapter)."""
    folder = loading.folder_of(job.base)
    dtype, why = loading.training_dtype(loading.device(), values["full"])
    report.say(f"The base is loaded in {str(dtype).removeprefix('torch.')} on {loading.device()}: {why}.")
    model = loading.model_of(folder, dtype)
    if values["full"]:
        return model, None
    if job.start_adapter:
        return PeftModel.from_pretrained(model, Path(job.start_adapter), is_trainable=True), None
    lora = LoraConfig(
        r=values["lora_r"],
        lora_alpha=values["lora_alpha"],
        target_modules="all-linear",
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    return model, lora


def _settings(job: Job, values: dict[str, Any], team: Team) -> dict[str, Any]:
    batch = team.share(values["batch_size"])
    return {
        "output_dir": str(team.scratch or job.folder / "trainer"),
        "num_train_epochs": values["n_epochs"],
        "per_device_train_batch_size": batch,
        "per_device_eval_batch_size": batch,
        "learning_rate": values["learning_rate"],
        "lr_scheduler_type": "cosine",
        "warmup_steps": values["warmup_steps"],
        "max_length": None,  # rows that do not fit were left out; the trainer must not cut any
        "use_cpu": loading.device() == "cpu",
        "bf16": False,  # the base is loaded in bf16, the adapter stays in fp32: autocast would only slow it down
        "gradient_checkpointing": False,
        "dataloader_pin_memory": False,
        "eval_strategy": "no",  # the teller decides when
        "save_strategy": "steps" if team.restarted else "no",
        "save_steps": 1 / default("distributed_saves"),  # below 1 it is a part of the run
        "ddp_find_unused_parameters": False,
        "logging_steps": 1,
        "report_to": [],
        "disable_tqdm": True,
        "seed": job.seed,
        "data_seed": job.seed,
    }


def _dataset(rows: list[Any]) -> Dataset:
    return Dataset.from_dict({name: [getattr(row, name) for row in rows] for name in rows[0].columns})
