"""Where the engine keeps its things, all below ADVISOR_HOME."""

import os
from pathlib import Path

from tools.workspace import folder

DEFAULT_MODEL = "smollm2-135m-instruct"
BASE_SETTING = "ADVISOR_LOCAL_BASE"


def local_base() -> str:
    """The base model that is trained and asked here when none is named: ADVISOR_LOCAL_BASE, or the packaged one.

    A name below `models()`, an absolute folder in the Hugging Face layout, or a hub name.
    """
    return os.environ.get(BASE_SETTING, "").strip() or DEFAULT_MODEL


def root() -> Path:
    """The engine's own folder."""
    return folder("engine")


def files() -> Path:
    """Uploaded files and results, one folder each."""
    return folder("engine", "files")


def jobs() -> Path:
    """One folder a job."""
    return folder("engine", "jobs")


def models() -> Path:
    """Base models, one folder each, in the Hugging Face layout (safetensors, tokenizer.json)."""
    return folder("models")


def prepared() -> bool:
    """Whether the packaged model stands ready."""
    return (models() / DEFAULT_MODEL / "config.json").is_file()


def state_file() -> Path:
    """Address, token and process of the running server; mode 0600."""
    return root() / "engine.json"


def log_file() -> Path:
    """What the server says about itself; never a row of data."""
    return root() / "engine.log"
