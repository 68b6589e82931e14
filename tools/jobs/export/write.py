"""Writing a plan for another tool: the kept data beside it, every number of the plan in it.

What each form trains on is the same: the assistant turns. Numbers that a plan leaves to its provider are those of the
local recipe, and the file says so.
"""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from tools.errors import InputError, RefusedError
from tools.jobs import PROMISE, datafiles
from tools.jobs.models import Plan
from tools.jobs.plan import get_plan

Form = Literal["trl", "axolotl", "llamafactory"]
FORMS: tuple[Form, ...] = ("trl", "axolotl", "llamafactory")
OPEN_BASES = {"smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct"}
"""Our short names of bases, and their names on the hub."""
RUN_WITH: dict[Form, str] = {
    "trl": "python train.py   (needs: pip install trl peft datasets)",
    "axolotl": "axolotl train axolotl.yaml",
    "llamafactory": "llamafactory-cli train llamafactory.yaml",
}
TEMPLATE = Path(__file__).parent / "trl_script.txt"


class ExportReport(BaseModel):
    """What was written."""

    model_config = ConfigDict(frozen=True)

    plan_id: str
    form: Form
    files: tuple[str, ...]
    run_with: str
    notes: tuple[str, ...]


def export(plan_id: str, form: Form, out: Path, *, base_model: str | None = None, owner: str = "local") -> ExportReport:
    """Write a plan for another tool.

    Args:
        plan_id: which plan.
        form: for which tool.
        out: folder for the files; it is made, and nothing in it is overwritten.
        base_model: a hub name or folder in place of the plan's base.
        owner: whose plan it is.

    Raises:
        RefusedError: the base has no published weights, or the technique is not written for that tool.
        InputError: the folder holds such files already.
    """
    plan = get_plan(plan_id, owner)
    e = plan.envelope
    if e.technique != "sft":
        raise RefusedError(f"{e.technique} plans are not written for other tools yet", remedy="sft plans are.")
    base = base_model or _open_base(plan)
    numbers, notes = _numbers(plan)
    data = {"train.jsonl": datafiles.content(e.training)}
    if e.validation:
        data["validation.jsonl"] = datafiles.content(e.validation)
    written = {**data, **_files(form, plan, base, numbers, "validation.jsonl" in data)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = [name for name in written if (out / name).exists()]
        if taken:
            raise InputError(f"{', '.join(taken)} exist already", where=str(out), remedy="Choose an empty folder.")
        for name, content in written.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(out)) from None
    return ExportReport(plan_id=plan.id, form=form, files=tuple(written), run_with=RUN_WITH[form], notes=tuple(notes))


def _open_base(plan: Plan) -> str:
    name = plan.envelope.base_model
    if plan.envelope.backend != "local":
        raise RefusedError(
            f"the weights of {name} are not published: no other tool can train it",
            remedy="Name an open base: --base-model HuggingFaceTB/SmolLM2-135M-Instruct",
        )
    return OPEN_BASES.get(name.lower(), name)


def _numbers(plan: Plan) -> tuple[dict[str, Any], list[str]]:
    """Every number the tools need; what the plan leaves open is resolved as the local engine would."""
    from tools.engine import recipe

    e = plan.envelope
    known = {k: v for k, v in e.hyperparameters.items() if v != "auto" and k in recipe.Hyperparameters.model_fields}
    asked = recipe.Hyperparameters.model_validate(known)
    values = dict(recipe.resolve(asked, e.training.rows, e.method).values)
    values["seed"] = e.seed
    open_ones = [k for k, v in e.hyperparameters.items() if v == "auto"]
    notes = [f"{', '.join(open_ones)}: left to the provider in the plan; here the local recipe's."] if open_ones else []
    notes.append(
        "The learning rate is absolute here; it was measured on SmolLM2-135M. Larger bases want a smaller one."
    )
    return values, notes


def _files(form: Form, plan: Plan, base: str, n: dict[str, Any], validation: bool) -> dict[str, bytes]:
    head = f"# Plan {plan.id}, digest {plan.plan_digest}\n# {PROMISE} That holds here, not in other tools.\n"
    if form == "trl":
        named = {name: n.get(name) for name in _SCRIPT_NUMBERS}
        settings = "\n".join(f"{name.upper()} = {value!r}" for name, value in named.items())
        validation_file = repr("validation.jsonl" if validation else None)
        top = f"{head}BASE = {base!r}\nVALIDATION = {validation_file}\n{settings}\n"
        return {"train.py": (top + TEMPLATE.read_text(encoding="utf-8")).encode()}
    if form == "axolotl":
        return {"axolotl.yaml": (head + _yaml(_axolotl(base, n, validation))).encode()}
    info = {
        name: {
            "file_name": f"{name}.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "messages"},
            "tags": {
                "role_tag": "role", "content_tag": "content", "user_tag": "user",
                "assistant_tag": "assistant", "system_tag": "system",
            },
        }
        for name in (["train", "validation"] if validation else ["train"])
    }  # fmt: skip
    import json

    return {
        "llamafactory.yaml": (head + _yaml(_llamafactory(base, n, validation))).encode(),
        "dataset_info.json": (json.dumps(info, indent=2) + "\n").encode(),
    }


_SCRIPT_NUMBERS = (
    "n_epochs", "batch_size", "learning_rate", "warmup_steps", "max_length", "lora_r", "lora_alpha", "full", "seed"
)  # fmt: skip


def _axolotl(base: str, n: dict[str, Any], validation: bool) -> dict[str, Any]:
    def data(file: str) -> list[dict[str, Any]]:
        return [
            {"path": file, "ds_type": "json", "type": "chat_template", "field_messages": "messages",
             "message_property_mappings": {"role": "role", "content": "content"},
             "roles_to_train": ["assistant"], "train_on_eos": "turn"}
        ]  # fmt: skip

    adapter = {} if n.get("full") else {
        "adapter": "lora", "lora_r": n["lora_r"], "lora_alpha": int(n["lora_alpha"]), "lora_target_linear": True,
    }  # fmt: skip
    return {
        "base_model": base,
        **adapter,
        "chat_template": "tokenizer_default",
        "datasets": data("train.jsonl"),
        **(
            {"test_datasets": [{**data("validation.jsonl")[0], "split": "train"}]}
            if validation
            else {"val_set_size": 0.0}
        ),
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


def _llamafactory(base: str, n: dict[str, Any], validation: bool) -> dict[str, Any]:
    adapter = {"finetuning_type": "full"} if n.get("full") else {
        "finetuning_type": "lora", "lora_rank": n["lora_r"], "lora_alpha": int(n["lora_alpha"]), "lora_target": "all",
    }  # fmt: skip
    return {
        "model_name_or_path": base,
        "stage": "sft",
        "do_train": True,
        **adapter,
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


def _yaml(value: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text
