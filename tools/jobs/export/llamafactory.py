"""A plan as a LLaMA-Factory file, with the description of its data that the tool wants."""

import json
from typing import Any

import yaml

from tools.jobs.export.plan_numbers import head, numbers
from tools.jobs.models import Envelope

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def files(e: Envelope, base: str, validation: bool) -> dict[str, bytes]:
    """llamafactory.yaml and dataset_info.json, beside the data."""
    pair = {"ranking": True} if e.technique == "dpo" else {}
    columns = {"messages": "messages"} | ({"chosen": "chosen", "rejected": "rejected"} if pair else {})
    info = {
        name: {"file_name": f"{name}.jsonl", "formatting": "sharegpt", **pair, "columns": columns, "tags": TAGS}
        for name in (["train", "validation"] if validation else ["train"])
    }
    text = yaml.safe_dump(_settings(e, base, validation), sort_keys=False, allow_unicode=True)
    return {
        "llamafactory.yaml": (head(f"plan_{e.digest[:16]}", e.digest) + text).encode(),
        "dataset_info.json": (json.dumps(info, indent=2) + "\n").encode(),
    }


def _settings(e: Envelope, base: str, validation: bool) -> dict[str, Any]:
    n, _ = numbers(e)
    adapter = {"finetuning_type": "full"} if n.get("full") else {
        "finetuning_type": "lora", "lora_rank": n["lora_r"], "lora_alpha": int(n["lora_alpha"]), "lora_target": "all",
    }  # fmt: skip
    return {
        "model_name_or_path": base,
        "stage": e.technique,
        "do_train": True,
        **adapter,
        **({"pref_beta": n["beta"], "pref_loss": "sigmoid"} if e.technique == "dpo" else {}),
        "dataset_dir": ".",
        "dataset": "train",
        **({"eval_dataset": "validation", "eval_strategy": "epoch"} if validation else {}),
        "template": "default",
        "cutoff_len": n["max_length"],
        "output_dir": "./tuned",
        "num_train_epochs": n["n_epochs"],
        "per_device_train_batch_size": n["batch_size"],
        "gradient_accumulation_steps": 1,
        "learning_rate": n["learning_rate"],
        "lr_scheduler_type": "cosine",
        "warmup_steps": n["warmup_steps"],
        "seed": n["seed"],
        "report_to": "none",
    }
