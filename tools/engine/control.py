"""The product's door to the local engine: start it when first needed, ask its state, stop it when idle."""

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from tools.errors import InputError, UnavailableError
from tools.progress import Progress, silent

if TYPE_CHECKING:
    from tools.endpoint import Endpoint

NEEDED = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "safetensors")
START_TIMEOUT_S = 60.0
_started: list[subprocess.Popen[bytes]] = []
"""Engines this process started: kept, so that one which has ended is collected."""


class Engine(BaseModel):
    """A running engine."""

    base_url: str
    """For an OpenAI client: http://127.0.0.1:PORT/v1."""
    token: SecretStr
    pid: int


class Status(BaseModel):
    """What the engine is doing."""

    installed: bool
    running: bool
    base_url: str | None = None
    unfinished_jobs: list[str] = []
    model_prepared: bool = False


def missing() -> list[str]:
    """Packages of the engine that are not installed; empty when all are."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def require_installed() -> None:
    """Raise UnavailableError when this is the light installation."""
    if absent := missing():
        raise UnavailableError(
            f"the local engine is not installed (missing: {', '.join(absent)})",
            remedy="Run `make run` without LIGHT=1, or `pip install 'finetune-advisor[engine]'`.",
        )


def running() -> Engine | None:
    """The engine of this home folder if it runs and answers."""
    from tools.engine import paths, processes
    from tools.engine.durable import read_json

    _started[:] = [child for child in _started if child.poll() is None]
    try:
        state = read_json(paths.state_file())
    except ValueError:
        return None
    if not state or not processes.alive(processes.ProcessId(pid=state["pid"], started=state["started"])):
        return None
    engine = Engine(base_url=state["base_url"], token=SecretStr(state["token"]), pid=state["pid"])
    return engine if _call(engine, "GET", "/healthz") else None


def ensure_running() -> Engine:
    """The engine, started if need be; two processes that ask at once get the same one.

    Raises:
        UnavailableError: it is not installed, or does not come up.
    """
    require_installed()
    if engine := running():
        return engine
    from filelock import FileLock

    from tools.engine import paths

    with FileLock(paths.root() / "start.lock", timeout=START_TIMEOUT_S * 2):
        if engine := running():
            return engine
        child = _spawn()
        _started.append(child)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if engine := running():
                return engine
            if child.poll() is not None:
                break
            time.sleep(0.1)
    raise UnavailableError(
        "the local engine did not start", where=str(paths.log_file()), remedy="Its log says why; then try again."
    )


def stop(if_idle: bool = True) -> bool:
    """Stop the engine; with `if_idle` only when no job is unfinished. True when none runs afterwards."""
    from tools.engine import processes

    engine = running()
    if engine is None:
        return True
    process = processes.identify(engine.pid)
    if _call(engine, "POST", f"/engine/stop?if_idle={str(if_idle).lower()}") is None:
        return False
    deadline = time.monotonic() + 15
    while processes.alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return running() is None


def status() -> Status:
    """What is installed, running and prepared; starts nothing."""
    from tools.engine import paths

    engine = running()
    told = _call(engine, "GET", "/engine/status") if engine else None
    return Status(
        installed=not missing(),
        running=engine is not None,
        base_url=engine.base_url if engine else None,
        unfinished_jobs=(told or {}).get("unfinished_jobs", []),
        model_prepared=paths.prepared(),
    )


def prepare_model(progress: Progress = silent) -> Path:
    """Make the default base model ready (once, about 20 s, 270 MB); in a process of its own, for torch is needed.

    Raises:
        UnavailableError: not installed, or no disk space for it.
        CancelledError: from `progress`.
    """
    require_installed()
    from tools.engine import paths, processes

    target = paths.models() / paths.DEFAULT_MODEL
    if paths.prepared():
        return target
    argv = [sys.executable, "-m", "tools.engine.prepare"]
    child = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=processes.environment(), text=True
    )
    try:
        for line in child.stdout or []:
            told = json.loads(line)
            if error := told.get("error"):
                raise UnavailableError(error["what"], where=error["where"], remedy=error["remedy"])
            progress(told["part"], 1.0, told["text"])
    finally:
        child.terminate()
        child.wait()
        if child.stdout:
            child.stdout.close()
    if not paths.prepared():
        raise UnavailableError("the model could not be prepared", where=str(target), remedy="Try again.")
    return target


def ready_base(progress: Progress = silent) -> str:
    """The base model used here when none is named, made ready; its name for requests to the engine.

    Raises:
        InputError: ADVISOR_LOCAL_BASE names a folder that holds no model.
        UnavailableError, CancelledError: as `prepare_model`.
    """
    from tools.engine import paths

    name = paths.local_base()
    if name == paths.DEFAULT_MODEL:
        prepare_model(progress)
    elif name.startswith(("/", "~", ".")):
        folder = Path(name).expanduser()
        if not folder.is_absolute() or not (folder / "config.json").is_file():
            raise InputError(
                f"there is no model in {name}",
                where=paths.BASE_SETTING,
                remedy="Give an absolute folder with config.json, or leave it out for the packaged model.",
            )
    return name


def endpoint(progress: Progress = silent, model: str = "") -> "Endpoint":
    """The engine as an endpoint, started; the usual base, prepared if need be, when no model is named.

    Raises:
        InputError, UnavailableError, CancelledError: as `ready_base` and `ensure_running`.
    """
    from tools.endpoint import OWN_ENGINE, Endpoint

    asked = model or ready_base(progress)
    engine = ensure_running()
    return Endpoint(base_url=engine.base_url, model=asked, api_key=engine.token, name=OWN_ENGINE)


def _spawn() -> subprocess.Popen[bytes]:
    from tools.engine import paths, processes

    with paths.log_file().open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tools.engine"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=processes.environment(),
            start_new_session=True,
        )


def _call(engine: Engine, method: str, path: str) -> dict[str, Any] | None:
    """Plain HTTP to this computer, asked each second while a job runs: a client that reads certificates costs 30 ms."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(urlsplit(engine.base_url).netloc, timeout=10)
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {engine.token.get_secret_value()}"})
        answer = connection.getresponse()
        content = answer.read()
        found: dict[str, Any] | None = json.loads(content) if answer.status // 100 == 2 else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return found
