"""A finished job as one folder: what may be shared (adapter, model card, results), and apart from it the own record."""

import hashlib
import json
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

PRIVATE = "private"
"""The folder that stays with whoever made the model: names, paths, the conversation's page."""
_PACKAGED = "HuggingFaceTB/SmolLM2-135M-Instruct"
_NOT_KNOWN = "not known here; read it at its maker's"


class Base(BaseModel):
    """The base model as others can be told of it: never by a folder of this computer."""

    model_config = ConfigDict(frozen=True)

    name: str
    public: bool
    """Whether others find it by this name."""
    licence: str
    weights_sha256: str = ""
    """Of all its weights together, where they are known by that alone."""


class Bundle(BaseModel):
    """What was written."""

    model_config = ConfigDict(frozen=True)

    job_id: str
    files: tuple[str, ...]
    notes: tuple[str, ...]


def bundle(job_id: str, out: Path, *, owner: str = "local") -> Bundle:
    """Write a finished job's folder: all of it may be shared but what lies in `private`.

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
        mine = ("adapter", "MODEL_CARD.md", "results.csv", PRIVATE)
        taken = [name for name in mine if (out / name).exists()]
        if taken:
            raise InputError(f"{', '.join(taken)} exist already", where=str(out), remedy="Choose an empty folder.")
        base = base_of(plan)
        (out / "MODEL_CARD.md").write_text(_written("model_card.md.j2", job, plan, base), encoding="utf-8")
        (out / PRIVATE).mkdir(mode=0o700)
        record = _written("own_record.md.j2", job, plan, base)
        (out / PRIVATE / "RECORD.md").write_text(record, encoding="utf-8")
        adapter = _adapter(job)
        if adapter is None:
            notes.append(_elsewhere(plan))
        else:
            shutil.copytree(adapter, out / "adapter")
            _name_no_folder(out / "adapter", base)
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


def base_of(plan: Plan) -> Base:
    """The base as others may know it; of a local folder its last name, and a digest by which it is known again."""
    given = plan.envelope.base_model
    if given == paths.DEFAULT_MODEL:
        return Base(name=_PACKAGED, public=True, licence="apache-2.0")
    folder = Path(given).expanduser() if given.startswith(("/", "~")) else paths.models() / given
    if plan.envelope.backend not in ("local", "ray") or not (folder / "config.json").is_file():
        return Base(name=given, public=True, licence=_NOT_KNOWN)
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as f:
            digest.update(hashlib.file_digest(f, "sha256").digest())
    return Base(name=folder.name, public=False, licence=_licence_of(folder), weights_sha256=digest.hexdigest())


def _licence_of(folder: Path) -> str:
    """What the base's own card says; most models carry one."""
    import yaml

    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace")[:20_000] if card.is_file() else ""
    parts = text.split("---", 2)
    try:
        head = yaml.safe_load(parts[1]) if text.startswith("---") and len(parts) == 3 else {}
    except yaml.YAMLError:
        head = {}
    found = head.get("license") if isinstance(head, dict) else None
    return f"{found} (its own card says so)" if isinstance(found, str) else _NOT_KNOWN


def _name_no_folder(adapter: Path, base: Base) -> None:
    """The base is named in the adapter's files too, as a path where it was one."""
    for file, key in (("adapter_config.json", "base_model_name_or_path"), ("card.json", "base")):
        path = adapter / file
        if path.is_file():
            content = json.loads(path.read_text(encoding="utf-8"))
            if key in content:
                path.write_text(json.dumps({**content, key: base.name}, indent=2), encoding="utf-8")


def _written(template: str, job: Job, plan: Plan, base: Base) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    names = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 -- Markdown; nothing in it comes from rows
    )
    found = [x for x in store.evals() if x.model == job.fine_tuned_model and x.score is not None]
    return names.get_template(template).render(
        job=job,
        plan=plan,
        e=plan.envelope,
        name=job.fine_tuned_model,
        base=base,
        technique=plan.envelope.technique,
        finished=f"{job.finished_at:%Y-%m-%d}" if job.finished_at else "an unknown day",
        evals=found,
    )
