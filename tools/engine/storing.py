"""What a run leaves behind: an adapter, or a whole model after full fine-tuning; stored whole or not at all."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from tools.engine import files
from tools.engine.durable import write_json
from tools.engine.jobs import Job
from tools.engine.recipe import Resolved


def store(model: Any, tokenizer: Any, target: Path, card: dict[str, Any]) -> None:
    """Write safetensors, configuration and card into `target`; a model of its own gets its tokenizer too."""
    beside = target.with_name(f".{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        model.save_pretrained(beside, safe_serialization=True)
        if not (beside / "adapter_config.json").is_file():
            tokenizer.save_pretrained(beside)
        shutil.rmtree(beside / "ref", ignore_errors=True)  # the frozen copy that preference training compares with
        (beside / "README.md").unlink(missing_ok=True)  # an empty form of PEFT's
        write_json(beside / "card.json", card)
        shutil.rmtree(target, ignore_errors=True)  # there only when a run goes on from before this was stored
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def card_of(job: Job, plan: Resolved) -> dict[str, Any]:
    """What the model was made from: enough to make it again."""
    numbers = json.dumps(plan.values, sort_keys=True).encode()
    return {
        "job": job.id,
        "model": job.fine_tuned_model,
        "base": job.request.model,
        "method": job.request.method.type,
        "seed": job.seed,
        "training_file_sha256": files.get(job.request.training_file)["sha256"],
        "hyperparameters": plan.values,
        "recipe_sha256": hashlib.sha256(numbers).hexdigest(),
    }
