"""A plan for other tools: each file is what that tool reads, and carries the plan's numbers and data."""

import ast
import dataclasses
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.errors import InputError, RefusedError
from tools.jobs import curves
from tools.jobs.export import export
from tools.jobs.models import Plan, PlanRequest
from tools.jobs.plan import propose

Make = Callable[..., Plan]
NUMBERS = {"n_epochs": 2, "batch_size": 4, "lora_r": 8}


@pytest.fixture
def plan(data: Path) -> Plan:
    return propose(PlanRequest(training_file=data, hyperparameters=NUMBERS))


@pytest.fixture
def pairs(data: Path, tmp_path: Path) -> Plan:
    def answer(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    rows = [
        {
            "input": {"messages": [{"role": "user", "content": f"Where is parcel {i}?"}]},
            "preferred_output": answer(f"Your parcel {i} is on its way."),
            "non_preferred_output": answer("No idea."),
        }
        for i in range(12)
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return propose(PlanRequest(training_file=path, technique="dpo", hyperparameters=NUMBERS))


def test_the_data_is_the_kept_copy(plan: Plan, data: Path, tmp_path: Path) -> None:
    before = data.read_bytes()
    data.unlink()
    report = export(plan.id, "trl", tmp_path / "out")
    assert (tmp_path / "out" / "train.jsonl").read_bytes() == before
    assert set(report.files) == {"train.jsonl", "train.py"}


def test_the_script_holds_the_plans_numbers(plan: Plan, tmp_path: Path) -> None:
    export(plan.id, "trl", tmp_path)
    tree = ast.parse((tmp_path / "train.py").read_text())
    values = {
        n.targets[0].id: ast.literal_eval(n.value)
        for n in tree.body
        if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
    }
    assert (values["N_EPOCHS"], values["BATCH_SIZE"], values["LORA_R"]) == (2, 4, 8)
    assert values["BASE"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert values["VALIDATION"] is None


def test_llamafactory_finds_its_data(plan: Plan, tmp_path: Path) -> None:
    export(plan.id, "llamafactory", tmp_path)
    settings = yaml.safe_load((tmp_path / "llamafactory.yaml").read_text())
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert (tmp_path / info[settings["dataset"]]["file_name"]).exists()
    assert (settings["num_train_epochs"], settings["lora_rank"]) == (2, 8)


def test_llamafactory_reads_it(plan: Plan, pairs: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")  # its schema is what is asked; it pins an older transformers
    arguments = pytest.importorskip("llamafactory.hparams", reason="llamafactory is not installed")
    from transformers import HfArgumentParser, Seq2SeqTrainingArguments

    kinds: Any = (
        arguments.ModelArguments, arguments.DataArguments, Seq2SeqTrainingArguments, arguments.FinetuningArguments,
    )  # fmt: skip
    names = {f.name for kind in kinds for f in dataclasses.fields(kind)}
    for asked in (plan, pairs):
        out = tmp_path / asked.envelope.technique
        export(asked.id, "llamafactory", out)
        settings = yaml.safe_load((out / "llamafactory.yaml").read_text())
        assert set(settings) <= names
        HfArgumentParser(kinds).parse_dict({**settings, "use_cpu": True})


def test_axolotl_reads_it(plan: Plan, pairs: Plan, tmp_path: Path) -> None:
    schema = pytest.importorskip("axolotl.utils.schemas.config", reason="axolotl is not installed")
    for asked in (plan, pairs):
        out = tmp_path / asked.envelope.technique
        export(asked.id, "axolotl", out)
        settings = yaml.safe_load((out / "axolotl.yaml").read_text())
        assert set(settings) <= set(schema.AxolotlInputConfig.model_fields)
        schema.AxolotlInputConfig.model_validate(settings)


def test_fireworks_reads_it(plan: Plan, tmp_path: Path) -> None:
    """Its own client names the same fields as its command line."""
    types = pytest.importorskip("fireworks.types", reason="the Fireworks client is not installed")
    fields = set(types.SupervisedFineTuningJobCreateParams.__annotations__) | {"job_id"}
    export(plan.id, "fireworks", tmp_path)
    assert {name.replace("-", "_") for name in flags(tmp_path)} <= fields


def flags(folder: Path) -> dict[str, str]:
    """What fireworks.sh asks for, as a shell reads it."""
    lines = (folder / "fireworks.sh").read_text().splitlines()
    words = shlex.split(lines[-1])
    assert words[:3] == ["firectl", "supervised-fine-tuning-job", "create"]
    return dict(word.removeprefix("--").split("=", 1) for word in words[3:])


def test_fireworks_has_the_numbers_and_an_id_of_the_plan(plan: Plan, tmp_path: Path) -> None:
    export(plan.id, "fireworks", tmp_path)
    said = flags(tmp_path)
    assert (said["epochs"], said["lora-rank"]) == ("2", "8")
    assert said["job-id"] == f"ft-{plan.plan_digest[:12]}"
    assert subprocess.run(["sh", "-n", tmp_path / "fireworks.sh"]).returncode == 0


@pytest.mark.parametrize("form", ["trl", "axolotl", "llamafactory"])
def test_pairs_are_written_under_the_names_the_tools_share(pairs: Plan, tmp_path: Path, form: Any) -> None:
    export(pairs.id, form, tmp_path)
    row = json.loads((tmp_path / "train.jsonl").read_text().splitlines()[0])
    assert set(row) == {"messages", "chosen", "rejected"}
    assert row["chosen"]["content"] == "Your parcel 0 is on its way."
    assert row["rejected"]["role"] == "assistant"


def test_what_a_tool_cannot_train_is_refused(pairs: Plan, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="dpo plans are not written for fireworks"):
        export(pairs.id, "fireworks", tmp_path)


@pytest.mark.parametrize("form", ["trl", "axolotl", "llamafactory"])
def test_rows_with_images_are_not_written_for_what_trains_on_text(data: Path, tmp_path: Path, form: Any) -> None:
    from tools.jobs.export.rows import holds_images

    rows = [json.loads(line) for line in data.read_text().splitlines()]
    assert not holds_images(data.read_bytes())
    one_pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    png = f"data:image/png;base64,{one_pixel}"
    rows[3]["messages"][0]["content"] = [{"type": "image_url", "image_url": {"url": png}}]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = propose(PlanRequest(training_file=data, base_model="some/vision-base"))
    with pytest.raises(RefusedError, match="hold images"):
        export(plan.id, form, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert export(plan.id, "fireworks", tmp_path / "out").files


def test_axolotl_has_the_numbers(plan: Plan, tmp_path: Path) -> None:
    export(plan.id, "axolotl", tmp_path)
    settings = yaml.safe_load((tmp_path / "axolotl.yaml").read_text())
    assert (settings["num_epochs"], settings["micro_batch_size"], settings["lora_r"]) == (2, 4, 8)
    assert settings["datasets"][0]["roles_to_train"] == ["assistant"]


def test_weights_that_are_not_published_cannot_be_trained_elsewhere(propose_one: Make, tmp_path: Path) -> None:
    plan = propose_one()
    with pytest.raises(RefusedError, match="not published"):
        export(plan.id, "trl", tmp_path)
    report = export(plan.id, "trl", tmp_path, base_model="HuggingFaceTB/SmolLM2-135M-Instruct")
    assert any("left to the provider" in note for note in report.notes)


def test_nothing_is_overwritten(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("mine")
    with pytest.raises(InputError, match=r"train\.py exist already"):
        export(plan.id, "trl", tmp_path)
    assert (tmp_path / "train.py").read_text() == "mine"
    assert not (tmp_path / "train.jsonl").exists()


@pytest.mark.slow
@pytest.mark.parametrize("technique", ["sft", "dpo"])
def test_the_script_trains(plan: Plan, pairs: Plan, data: Path, tmp_path: Path, technique: str) -> None:
    pytest.importorskip("torch")
    make = (
        "import json, sys; from pathlib import Path; from tools.engine.tiny import make; "
        "make(Path(sys.argv[1]), json.load(sys.stdin), steps=2)"
    )
    rows = [json.loads(line)["messages"] for line in data.read_text().splitlines()]
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    tiny = tmp_path / "tiny"
    subprocess.run(
        [sys.executable, "-c", make, str(tiny)], input=json.dumps(rows), env=environment, text=True, check=True
    )
    out = tmp_path / "out"
    export((plan if technique == "sft" else pairs).id, "trl", out, base_model=str(tiny))
    done = subprocess.run([sys.executable, "train.py"], cwd=out, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (out / "tuned" / "adapter_config.json").exists()
    measured = curves.read_file(out / "tuned" / "results.csv")
    assert measured[0].train_loss
    assert [line for line in done.stdout.splitlines() if line.startswith("ADVISOR {")]
