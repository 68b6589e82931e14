"""What works here. Each check is one function; a check that fails says what to do."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

from pydantic import BaseModel

from tools.errors import AdvisorError
from tools.workspace import folder, home

FLOORS = {"chainlit": "2.12.0", "semantic-kernel": "1.45", "openai": "3.52", "duckdb": "2.0", "pydantic": "2.13"}
"""Lowest versions without known holes, or that this code was tried with. docs/decisions/0002-dependencies.md."""
ENGINE_PACKAGES = ("torch", "transformers", "trl", "peft")
MODEL_BYTES = 1_500_000_000
"""Room that preparing the local base model and one job needs; measured 0.9 GB, with a margin."""


class Check(BaseModel):
    """One thing looked at."""

    name: str
    status: Literal["ok", "missing", "broken"]
    """missing: an optional part is not there; broken: something that should work does not."""
    detail: str
    remedy: str = ""


class Doctor(BaseModel):
    """All checks."""

    ok: bool
    """Nothing is broken; optional parts may be missing."""
    checks: list[Check]


def examine() -> Doctor:
    """Run every check; none starts a server, trains or reaches beyond a configured endpoint."""
    checks = [
        _guarded(check)
        for check in (_python, _packages, _home, _disk, _records, _evals, _lint, _engine, _browser, _model)
    ]
    return Doctor(ok=all(c.status != "broken" for c in checks), checks=checks)


def _guarded(check: Callable[[], Check]) -> Check:
    name = check.__name__.strip("_")
    try:
        return check()
    except AdvisorError as e:
        return Check(name=name, status="broken", detail=e.what, remedy=e.remedy)
    except Exception as e:
        return Check(name=name, status="broken", detail=f"{type(e).__name__}", remedy="This is a fault of ours.")


def _python() -> Check:
    return Check(name="python", status="ok", detail=sys.version.split()[0])


def _packages() -> Check:
    from packaging.version import Version

    bad = [
        f"{name} {version(name)} < {floor}" for name, floor in FLOORS.items() if Version(version(name)) < Version(floor)
    ]
    if bad:
        return Check(name="packages", status="broken", detail="; ".join(bad), remedy="Run: make clean && make run")
    return Check(name="packages", status="ok", detail=", ".join(f"{name} {version(name)}" for name in FLOORS))


def _home() -> Check:
    path = home()
    probe = path / ".write-test"
    probe.write_text("x")
    probe.unlink()
    return Check(name="home", status="ok", detail=f"{path} (all your data is here; remove the folder to remove it)")


def _disk() -> Check:
    free = shutil.disk_usage(home()).free
    detail = f"{free / 1e9:.1f} GB free"
    if free < MODEL_BYTES:
        return Check(
            name="disk", status="missing", detail=detail, remedy="Training here needs about 1.5 GB: free some space."
        )
    return Check(name="disk", status="ok", detail=detail)


def _records() -> Check:
    from tools.records import database

    with database.read():
        where = database.address().render_as_string(hide_password=True)
    return Check(name="records", status="ok", detail=where)


def _evals() -> Check:
    from tools.evals import check_store

    return Check(name="evals", status="ok", detail=check_store())


def _lint() -> Check:
    from tools.dataset.sieve import COMPILED

    if not COMPILED:
        return Check(
            name="lint",
            status="missing",
            detail="large files take about twice as long: its fast pass was not compiled",
            remedy="Install a C compiler and Python's headers (Debian: gcc, python3-dev), then: make clean && make run",
        )
    return Check(name="lint", status="ok", detail="its fast pass is compiled")


def _engine() -> Check:
    missing = [name for name in ENGINE_PACKAGES if find_spec(name) is None]
    if missing:
        return Check(
            name="engine",
            status="missing",
            detail=f"training on this computer is not installed ({', '.join(missing)})",
            remedy="Run: make run   (without LIGHT=1)",
        )
    prepared = (folder("models") / "smollm2-135m-instruct").is_dir()
    state = "its base model is prepared" if prepared else "its base model is prepared at the first job (under a minute)"
    return Check(name="engine", status="ok", detail=f"torch {version('torch')}; {state}")


def _browser() -> Check:
    try:
        version("chainlit")
    except PackageNotFoundError:
        return Check(name="chat", status="broken", detail="chainlit is not installed", remedy="Run: make run")
    return Check(name="chat", status="ok", detail="start it with: finetune-advisor serve")


def _model() -> Check:
    if not os.environ.get("ADVISOR_MODEL"):
        return Check(
            name="model",
            status="missing",
            detail="no language model is set; the guided conversation needs none",
            remedy="For one: set ADVISOR_MODEL, ADVISOR_BASE_URL and ADVISOR_API_KEY (docs/talking.md).",
        )
    from agent.model import probe

    return Check(name="model", status="ok", detail=probe())
