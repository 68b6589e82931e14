"""A finished job as one folder that stands alone."""

import json
from pathlib import Path

import pytest

from tools.engine import paths
from tools.errors import InputError, RefusedError
from tools.evals import store
from tools.evals.records import NewEval, Sample
from tools.jobs import view
from tools.jobs.export import bundle as module
from tools.jobs.export.bundle import bundle
from tools.jobs.models import Job, PlanRequest
from tools.jobs.plan import propose

ROW = '{"messages": [{"role": "user", "content": "canary %d"}, {"role": "assistant", "content": "a%d"}]}\n'


@pytest.fixture
def done(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A local job that succeeded, its adapter where the engine keeps it."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(ROW % (i, i) for i in range(30)))
    plan = propose(PlanRequest(training_file=rows))
    adapter = paths.jobs() / "ftjob-1" / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter_config.json").write_text(json.dumps({"r": 16, "base_model_name_or_path": str(paths.models())}))
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    known = {n: None for n, f in Job.model_fields.items() if not f.is_required() or "None" in str(f.annotation)}
    job = Job.model_construct(
        **{
            **known, "id": "job_1", "owner": "local", "status": "succeeded", "plan_id": plan.id, "backend": "local",
            "plan_digest": plan.plan_digest, "person": "ada", "provider_job_id": "ftjob-1",
            "fine_tuned_model": "ft:smollm2:x",
        }
    )  # fmt: skip
    monkeypatch.setattr(view, "get", lambda *_: job)
    return job


def test_adapter_card_and_what_was_measured(done: Job, tmp_path: Path) -> None:
    with store.adding() as (batch, _):
        new = NewEval(name="t/tuned", origin="run", source="test", model="ft:smollm2:x", dataset_digest="cd" * 32)
        batch.add(batch.begin(new), [Sample(sample_id=str(i), score=float(i < 45), correct=i < 45) for i in range(50)])
    made = bundle("job_1", tmp_path / "out")
    adapter = {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"}
    assert set(made.files) == {"MODEL_CARD.md", "private/RECORD.md", *adapter}
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert card.startswith("---\nbase_model: HuggingFaceTB/SmolLM2-135M-Instruct\nlicense: apache-2.0\n")
    assert "| tuned | 0.900 |" in card
    assert "cdcdcdcdcdcdcdcd" in card
    assert "canary" not in card
    assert "\n\n\n\n" not in card


def test_what_may_be_shared_names_nobody_and_no_folder(
    done: Job, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "anns-models" / "house-7b"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_bytes(b"weights")
    (base / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    plan = module.get_plan(done.plan_id)
    folder = plan.model_copy(update={"envelope": plan.envelope.model_copy(update={"base_model": str(base)})})
    monkeypatch.setattr(module, "get_plan", lambda *_: folder)
    bundle("job_1", tmp_path / "out")
    shared = [p for p in (tmp_path / "out").rglob("*") if p.is_file() and p.parent.name != "private"]
    text = "\n".join(p.read_text() for p in shared)
    assert "ada" not in text.replace("adapter", "")
    assert str(tmp_path) not in text
    assert "anns-models" not in text
    assert "house-7b" in text
    assert "mit (its own card says so)" in text
    record = (tmp_path / "out" / "private" / "RECORD.md").read_text()
    assert "ada" in record
    assert str(base) in record


def test_without_an_evaluation_nothing_is_claimed(done: Job, tmp_path: Path) -> None:
    bundle("job_1", tmp_path / "out")
    assert "whether it is better than its base is not known" in (tmp_path / "out" / "MODEL_CARD.md").read_text()


def test_weights_that_stay_elsewhere_are_said(done: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_adapter", lambda _: None)
    made = bundle("job_1", tmp_path / "out")
    assert made.files == ("MODEL_CARD.md", "private/RECORD.md")
    assert "The weights stay at local" in made.notes[0]


def test_nothing_is_overwritten(done: Job, tmp_path: Path) -> None:
    bundle("job_1", tmp_path / "out")
    with pytest.raises(InputError, match="exist already"):
        bundle("job_1", tmp_path / "out")


def test_a_job_without_a_model_is_refused(done: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "get", lambda *_: done.model_copy(update={"status": "failed"}))
    with pytest.raises(RefusedError, match="no tuned model"):
        bundle("job_1", tmp_path / "out")
    assert not (tmp_path / "out").exists()
