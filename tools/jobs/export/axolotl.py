"""A plan as an Axolotl file."""

from typing import Any

import yaml

from tools.jobs.export.plan_numbers import head, numbers
from tools.jobs.models import Envelope

ROLES = {"role": "role", "content": "content"}


def files(e: Envelope, base: str, validation: bool) -> dict[str, bytes]:
    """axolotl.yaml, beside the data."""
    text = yaml.safe_dump(_settings(e, base, validation), sort_keys=False, allow_unicode=True)
    return {"axolotl.yaml": (head(f"plan_{e.digest[:16]}", e.digest) + text).encode()}


def _settings(e: Envelope, base: str, validation: bool) -> dict[str, Any]:
    n, _ = numbers(e)
    adapter = {} if n.get("full") else {
        "adapter": "lora", "lora_r": n["lora_r"], "lora_alpha": int(n["lora_alpha"]), "lora_target_linear": True,
    }  # fmt: skip
    preference = {"rl": "dpo", "dpo_beta": n["beta"]} if e.technique == "dpo" else {}
    tested = (
        {"test_datasets": [{**_data(e, "validation.jsonl"), "split": "train"}]} if validation else {"val_set_size": 0.0}
    )
    return {
        "base_model": base,
        **adapter,
        **preference,
        "chat_template": "tokenizer_default",
        "datasets": [_data(e, "train.jsonl")],
        **tested,
        "sequence_len": n["max_length"],
        "num_epochs": n["n_epochs"],
        "micro_batch_size": n["batch_size"],
        "gradient_accumulation_steps": 1,
        "learning_rate": n["learning_rate"],
        "lr_scheduler": "cosine",
        "optimizer": "adamw_torch",
        "warmup_steps": n["warmup_steps"],
        "seed": n["seed"],
        "output_dir": "./tuned",
    }


def _data(e: Envelope, file: str) -> dict[str, Any]:
    if e.technique == "dpo":
        return {
            "path": file, "ds_type": "json", "split": "train", "type": "chat_template.default",
            "field_messages": "messages", "field_chosen": "chosen", "field_rejected": "rejected",
            "message_property_mappings": ROLES,
        }  # fmt: skip
    return {
        "path": file, "ds_type": "json", "type": "chat_template", "field_messages": "messages",
        "message_property_mappings": ROLES, "roles_to_train": ["assistant"], "train_on_eos": "turn",
    }  # fmt: skip
