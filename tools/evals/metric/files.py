"""Metrics as YAML files in the home folder: a draft that may change, and accepted versions that may not."""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tools.errors import InputError, NotFoundError, RefusedError
from tools.evals.metric.records import GOOD_ANSWER, Metric
from tools.workspace import home

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_HEAD = "# The metric of a task: what a good answer is and how it is scored. docs/evals.md explains each line.\n"
_ACCEPTED = "# Accepted; it stays as it is. `finetune-advisor evals metric accept` makes the next version.\n"


def folder_of(name: str) -> Path:
    """Where the files of a metric are.

    Raises:
        InputError: the name cannot be a file's.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name[:40]!r} cannot name a metric",
            remedy="Use 1 to 80 letters, digits, dots, dashes and underscores, such as tickets.",
        )
    return home() / "metrics" / name


def write_draft(metric: Metric) -> Path:
    """Write a proposal that a person may edit; an older draft of the name gives way."""
    path = folder_of(metric.name) / "proposed.yaml"
    _write(path, metric.model_copy(update={"version": 0}), _HEAD, 0o600)
    return path


def draft(name: str) -> Metric:
    """The draft.

    Raises:
        NotFoundError: there is none.
        InputError: it was edited into something that is no metric; says what.
    """
    path = folder_of(name) / "proposed.yaml"
    if not path.is_file():
        raise NotFoundError(
            f"no metric named {name!r} was proposed",
            remedy=f"`finetune-advisor evals metric propose DATASET --as {name}` proposes one.",
        )
    return _read(path)[0]


def accept(metric: Metric) -> Metric:
    """Keep a metric as the next version; what says the same as the newest version is that version.

    Raises:
        RefusedError: it cannot score anything yet.
    """
    if metric.grader is None:
        raise RefusedError(
            "nothing can score this yet: the answers are free text",
            where=metric.name,
            remedy="Name a judge (--judge MODEL --judge-url ADDRESS --rubric TEXT), or choose another grader.",
        )
    if metric.good_answer == GOOD_ANSWER["prose"]:
        raise RefusedError(
            "what a good answer is was not said yet", where=metric.name, remedy="Say it with --good-answer or --rubric."
        )
    metric.grader.judges  # noqa: B018 -- raises where a judge has no address
    known = versions(metric.name)
    if known:
        newest = accepted(metric.name, known[-1])
        if newest.digest == metric.digest:
            return newest
    made = metric.model_copy(update={"version": (known[-1] if known else 0) + 1})
    path = folder_of(metric.name) / f"v{made.version}.yaml"
    _write(path, made, _HEAD + _ACCEPTED, 0o400, digest=made.digest)
    (folder_of(metric.name) / "proposed.yaml").unlink(missing_ok=True)
    return made


def versions(name: str) -> list[int]:
    """Numbers of the accepted versions, oldest first."""
    found = (re.fullmatch(r"v(\d+)\.yaml", p.name) for p in folder_of(name).glob("v*.yaml"))
    return sorted(int(m.group(1)) for m in found if m)


def accepted(name: str, version: int | None = None) -> Metric:
    """An accepted metric: the version named, else the newest. `NAME@2` names a version too.

    Raises:
        NotFoundError: there is none.
        InputError: the file was changed after it was accepted.
    """
    if version is None and "@" in name:
        name, _, number = name.rpartition("@")
        if not number.isdigit():
            raise InputError(f"{number!r} is no version", where=name, remedy="Write NAME@2, for example.")
        version = int(number)
    known = versions(name)
    if not known or (version is not None and version not in known):
        there = f"versions: {', '.join(map(str, known))}" if known else "it has no accepted version"
        raise NotFoundError(
            f"metric {name!r}{'' if version is None else f' version {version}'} is not there ({there})",
            remedy="`finetune-advisor evals metric list` shows what there is; `propose` and `accept` make one.",
        )
    path = folder_of(name) / f"v{known[-1] if version is None else version}.yaml"
    metric, digest = _read(path)
    if digest != metric.digest:
        raise InputError(
            "the file was changed after it was accepted",
            where=str(path),
            remedy="Copy it to proposed.yaml and accept that as the next version; put the old text back here.",
        )
    return metric


def all_metrics() -> tuple[list[Metric], list[InputError]]:
    """The newest version of every metric, drafts of those that have none, and why others cannot be read."""
    root = home() / "metrics"
    found, unread = [], []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            if path.is_dir() and versions(path.name):
                found.append(accepted(path.name))
            elif (path / "proposed.yaml").is_file():
                found.append(draft(path.name))
        except InputError as e:
            unread.append(e)
    return found, unread


def as_yaml(metric: Metric, digest: str | None = None) -> str:
    """A metric as its file has it."""
    said: dict[str, Any] = metric.model_dump(mode="json", exclude_none=False)
    said["goal"] = {k: v for k, v in said["goal"].items() if v not in (None, False)}
    if digest:
        said["digest"] = digest
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110)


def _write(path: Path, metric: Metric, head: str, mode: int, digest: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(head + as_yaml(metric, digest), encoding="utf-8")
    part.chmod(mode)
    os.replace(part, path)


def _read(path: Path) -> tuple[Metric, str | None]:
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as e:
        raise InputError(
            f"it cannot be read ({' '.join(str(e).split())[:200]})", where=str(path), remedy="Mend the file."
        ) from None
    if not isinstance(said, dict):
        raise InputError("it is not a metric", where=str(path), remedy="docs/evals.md shows one.")
    digest = said.pop("digest", None)
    said["name"] = path.parent.name
    try:
        return Metric.model_validate(said), digest
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(f"{key}: {first['msg']}", where=str(path), remedy="docs/evals.md shows each line.") from None
