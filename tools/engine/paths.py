"""Where the engine keeps its things, all below ADVISOR_HOME."""

from pathlib import Path

from tools.workspace import folder

DEFAULT_MODEL = "smollm2-135m-instruct"


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


def state_file() -> Path:
    """Address, token and process of the running server; mode 0600."""
    return root() / "engine.json"


def log_file() -> Path:
    """What the server says about itself; never a row of data."""
    return root() / "engine.log"
