"""Which models can be trained and asked: folders of base models, and adapters of finished jobs."""

import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

from tools.engine import jobs, paths
from tools.engine.durable import append_line, read_json
from tools.engine.eyes import sees
from tools.engine.wire import WireError, not_found


class Weights(NamedTuple):
    """What answers under a model's name."""

    base: str
    """A folder, or a hub name."""
    adapter: Path | None


def base_of(name: str) -> str:
    """The folder (or hub name) of a base model.

    Raises:
        WireError: 404 when nothing here has that name and it cannot be a hub name.
    """
    if name == paths.DEFAULT_MODEL:
        return str(paths.models() / name)
    if name.startswith(("/", "~", ".")):
        folder = Path(name).expanduser()
        if folder.is_absolute() and (folder / "config.json").is_file():
            return str(folder)
        raise not_found("model folder (absolute, with config.json)", name, "model")
    here = paths.models() / name
    if ".." not in name and (here / "config.json").is_file():
        return str(here)
    if name.count("/") == 1 and all(
        part.replace("-", "").replace("_", "").replace(".", "") for part in name.split("/")
    ):
        return name
    raise not_found("model", name, "model")


def reads_images(name: str) -> bool | None:
    """Whether the model of a name reads images; None: it is not on this computer, or not known at all."""
    try:
        folder = Path(weights(name).base)
    except WireError:
        return None
    if folder == paths.models() / paths.DEFAULT_MODEL:
        return False  # also before it is unpacked
    return sees(folder) if (folder / "config.json").is_file() else None


def weights(name: str) -> Weights:
    """Where the weights of any model are, tuned ones and their checkpoints included.

    Raises:
        WireError: 404.
    """
    if not name.startswith("ft:"):
        return Weights(base_of(name), None)
    for job in jobs.everything():
        if not name.startswith(job.fine_tuned_model):
            continue
        rest = name.removeprefix(job.fine_tuned_model)
        if rest == "" and job.status == "succeeded":
            return _tuned(job, _there(job.folder / "adapter", name))
        if rest.startswith(":ckpt-step-") and rest.removeprefix(":ckpt-step-").isdigit():
            return _tuned(job, _there(job.folder / "checkpoints" / rest.removeprefix(":ckpt-"), name))
    raise not_found("model", name, "model")


def _tuned(job: jobs.Job, folder: Path) -> Weights:
    """An adapter goes over its base; after full fine-tuning the folder is a model of its own."""
    whole = (folder / "config.json").is_file()
    return Weights(str(folder), None) if whole else Weights(job.base, folder)


def _there(adapter: Path, name: str) -> Path:
    if not (adapter / "adapter_config.json").is_file() and not (adapter / "config.json").is_file():
        raise not_found("model", name, "model")
    return adapter


def everything() -> list[dict[str, Any]]:
    """All models on the wire's form."""
    names = {paths.DEFAULT_MODEL} | {p.parent.name for p in paths.models().glob("[!.]*/config.json")}
    found = [_wire(name, 0, "local") for name in sorted(names)]
    tuned = [job for job in jobs.everything() if job.status == "succeeded" and (job.folder / "adapter").is_dir()]
    return found + [_wire(job.fine_tuned_model, job.finished_at or job.created_at, "you") for job in tuned]


def one(name: str) -> dict[str, Any]:
    """One model on the wire's form.

    Raises:
        WireError: 404.
    """
    weights(name)
    return _wire(name, 0, "you" if name.startswith("ft:") else "local")


def delete(name: str) -> None:
    """Remove a tuned model's weights; its job and curve stay.

    Raises:
        WireError: 404, or 403 for a base model.
    """
    base, adapter = weights(name)
    if not name.startswith("ft:"):
        raise WireError(403, "Only fine-tuned models can be deleted here.", code="cannot_delete", param="model")
    folder = adapter or Path(base)
    card = read_json(folder / "card.json")
    append_line(folder.parent / "deleted.jsonl", {"model": name, "at": int(time.time()), "card": card})
    gone = folder.with_name(f".{folder.name}.deleted")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _wire(name: str, created: int, owner: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
