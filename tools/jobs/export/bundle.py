"""A finished job as one folder: the adapter where its weights are ours, a model card, the results file."""

import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from knowledge.prices import providers
from tools.engine import paths
from tools.errors import InputError, RefusedError
from tools.evals import store
from tools.jobs import view
from tools.jobs.models import Job, Plan
from tools.jobs.plan import get_plan
from tools.workspace import home

LICENCES = {paths.DEFAULT_MODEL: "Apache-2.0 (SmolLM2-135M-Instruct)"}


class Bundle(BaseModel):
    """What was written."""

    model_config = ConfigDict(frozen=True)

    job_id: str
    files: tuple[str, ...]
    notes: tuple[str, ...]


def bundle(job_id: str, out: Path, *, owner: str = "local") -> Bundle:
    """Write a finished job's folder.

    Args:
        job_id: the job, by its id or the provider's.
        out: the folder; it is made and must not hold such files yet.
        owner: whose job it is.

    Raises:
        RefusedError: the job has no tuned model.
        InputError: the folder holds files of these names, or cannot be written.
    """
    job = view.get(job_id, owner)
    if job.status != "succeeded" or not job.fine_tuned_model:
        raise RefusedError(
            "this job has no tuned model", where=job_id, remedy="Only a job that succeeded can be written."
        )
    plan = get_plan(job.plan_id, owner)
    notes: list[str] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = [name for name in ("adapter", "MODEL_CARD.md", "results.csv") if (out / name).exists()]
        if taken:
            raise InputError(f"{', '.join(taken)} exist already", where=str(out), remedy="Choose an empty folder.")
        (out / "MODEL_CARD.md").write_text(_card(job, plan), encoding="utf-8")
        adapter = _adapter(job)
        if adapter is None:
            notes.append(_elsewhere(plan))
        else:
            shutil.copytree(adapter, out / "adapter")
        if job.result_file and (results := home() / job.result_file).is_file():
            shutil.copyfile(results, out / "results.csv")
    except OSError as e:
        raise InputError(f"cannot be written ({e.strerror})", where=str(out)) from None
    files = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    return Bundle(job_id=job.id, files=tuple(files), notes=tuple(notes))


def _adapter(job: Job) -> Path | None:
    """The folder of the weights, where they lie on this computer."""
    folder = paths.jobs() / (job.provider_job_id or "?") / "adapter"
    return folder if job.backend in ("local", "ray") and folder.is_dir() else None


def _elsewhere(plan: Plan) -> str:
    found = providers().get(plan.envelope.backend)
    words = found.portability.text if found and found.portability else "Whether they can be taken is not known."
    return f"The weights stay at {plan.envelope.backend}. {words}"


def _card(job: Job, plan: Plan) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    names = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 -- Markdown; nothing in it comes from rows
    )
    found = [x for x in store.evals() if x.model == job.fine_tuned_model and x.score is not None]
    return names.get_template("model_card.md.j2").render(
        job=job,
        plan=plan,
        e=plan.envelope,
        name=job.fine_tuned_model,
        base=plan.envelope.base_model,
        technique=plan.envelope.technique,
        finished=f"{job.finished_at:%Y-%m-%d}" if job.finished_at else "an unknown day",
        evals=found,
        licence=LICENCES.get(plan.envelope.base_model, "not known here; read it at its maker's"),
    )
