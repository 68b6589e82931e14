"""A plan as a TRL script: what Hugging Face Jobs runs, and what anybody can run by hand."""

from pathlib import Path

from tools.jobs.export.plan_numbers import head, numbers
from tools.jobs.models import Envelope

TEMPLATE = Path(__file__).with_name("trl_script.txt")
NUMBERS = (
    "n_epochs", "batch_size", "learning_rate", "warmup_steps", "max_length", "lora_r", "lora_alpha", "full", "beta",
    "seed",
)  # fmt: skip
NEEDS = """# /// script
# requires-python = ">=3.11"
# dependencies = ["trl>=1.16,<2", "peft>=0.21,<1", "datasets", "torch"]
# ///
"""
"""What `uv run` reads; a person with pip installs the same."""


def script(e: Envelope, base: str, train: str, validation: str | None, output: str) -> str:
    """The script for one plan.

    Args:
        e: what was approved.
        base: a hub name or a folder.
        train: path of the training rows, where it will run.
        validation: path of the validation rows; None without.
        output: folder for the tuned model.
    """
    values, _ = numbers(e)
    named = {"method": e.technique, "base": base, "train": train, "validation": validation, "output": output}
    named |= {name: values.get(name) for name in NUMBERS}
    settings = "\n".join(f"{name.upper()} = {value!r}" for name, value in named.items())
    top = NEEDS + head(f"plan_{e.digest[:16]}", e.digest)
    return f"{top}{settings}\n{TEMPLATE.read_text(encoding='utf-8')}"


def files(e: Envelope, base: str, validation: bool) -> dict[str, bytes]:
    """train.py, beside the data."""
    text = script(e, base, "train.jsonl", "validation.jsonl" if validation else None, "tuned")
    return {"train.py": text.encode()}
