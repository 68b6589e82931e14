"""How much memory a training job will want: reckoned from the weights' headers, without loading any.

Fixed part, weights, adapter with its optimiser (AdamW: value, gradient and two moments, 4 bytes each), and what a batch
holds between the forward and the backward pass: so many copies of its logits, and so many numbers a layer and token.
The two counts are fitted to measured runs (recipe.yaml says which); docs/engine.md compares estimate and measurement.
"""

import json
import struct
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.engine.recipe import default

_NOT_ADAPTED = ("embed", "lm_head", "wte", "wpe")


class Shape(BaseModel):
    """What of a model memory depends on."""

    model_config = ConfigDict(frozen=True)

    parameters: int
    linear_sides: int
    """Sum over the linear layers of inputs and outputs: an adapter of rank r has r times as many parameters."""
    layers: int
    hidden: int
    vocabulary: int
    vision_layers: int = 0
    vision_hidden: int = 0
    """Of the part that reads images; 0 where there is none."""


def shape_of(folder: Path) -> Shape | None:
    """The shape of a model folder; None when its files do not tell."""
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        eyes = config.get("vision_config") or {}
        config = config.get("text_config", config)
        parameters = sides = 0
        for file in folder.glob("*.safetensors"):
            for name, entry in _header(file).items():
                dims = entry["shape"] if name != "__metadata__" else []
                count = 1
                for dim in dims:
                    count *= dim
                parameters += count if dims else 0
                if len(dims) == 2 and not any(word in name for word in _NOT_ADAPTED):
                    sides += sum(dims)
        layers, hidden, vocabulary = (int(config[k]) for k in ("num_hidden_layers", "hidden_size", "vocab_size"))
        # Qwen's eyes call theirs depth and embed_dim.
        deep = int(eyes.get("num_hidden_layers") or eyes.get("depth") or 0)
        wide = int(eyes.get("embed_dim") or eyes.get("hidden_size") or 0)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
    if not parameters:
        return None
    return Shape(
        parameters=parameters, linear_sides=sides, layers=layers, hidden=hidden, vocabulary=vocabulary,
        vision_layers=deep, vision_hidden=wide,
    )  # fmt: skip


def estimate(
    shape: Shape, values: dict[str, Any], method: str, longest: int, weight_bytes: int, patches: int = 0
) -> int:
    """Bytes at the peak of a job.

    Args:
        shape: of the base.
        values: resolved hyperparameters.
        method: supervised, dpo or reinforcement.
        longest: tokens of the longest row that is trained.
        weight_bytes: bytes of one weight of the base as loaded: 2 or 4.
        patches: parts of images that the row with the most of them has.
    """
    tokens = values["batch_size"] * longest
    if method == "dpo":
        tokens = int(2 * tokens * default("memory_dpo_factor"))  # both answers of a pair go through together
    if method == "reinforcement":
        tokens = values["batch_size"] * values["answers_per_prompt"] * (longest + values["answer_tokens"])
    learnt = shape.parameters if values["full"] else shape.linear_sides * values["lora_r"]
    fixed = shape.parameters * weight_bytes + learnt * (12 if values["full"] else 16)
    logits = tokens * shape.vocabulary * default("memory_logit_bytes")
    units = tokens * shape.layers * shape.hidden
    units += values["batch_size"] * patches * shape.vision_layers * shape.vision_hidden
    return int(default("memory_fixed_bytes") + fixed + logits + units * default("memory_layer_bytes"))


def measured(base: str, method: str) -> list[int]:
    """Peaks of this computer's earlier jobs with the same base and method, bytes."""
    from tools.engine import jobs
    from tools.engine.durable import read_json

    told = [
        (read_json(job.folder / "outcome.json") or {}).get("cost", {}).get("peak_rss_bytes")
        for job in jobs.everything()
        if job.base == base and job.request.method.type == method and job.status == "succeeded"
    ]
    return [int(peak) for peak in told if peak]


def free(device: str) -> int:
    """Bytes free where the training would be."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    import psutil

    return int(psutil.virtual_memory().available)


def _header(file: Path) -> dict[str, Any]:
    """The JSON at the head of a safetensors file (its format: 8 bytes of length, then the JSON)."""
    with file.open("rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        if length > 100_000_000:
            raise ValueError("not safetensors")
        found: dict[str, Any] = json.loads(f.read(length))
    return found
