"""The folder Chainlit works in: one for each process, below the person's home folder, made from ui/chat/root/.

Chainlit writes into its root when it is imported (.files/, .chainlit/), and two processes that share one lose each
other's uploads; so each gets its own, and folders left by processes that are gone are cleared here.
"""

import os
import secrets
import shutil
import sys
from pathlib import Path
from types import ModuleType

from tools.workspace import folder, home

TEMPLATE = Path(__file__).parent.parent / "chat" / "root"
# Chainlit ships de-DE and fr-FR only; without these copies de-AT and fr-CA would read English.
PARENT_LANGUAGES = {"de": "de-DE", "fr": "fr-FR"}


def make_root() -> Path:
    """Create this process's root and point Chainlit to it. Call before anything imports chainlit."""
    import psutil

    parent = folder("run")
    for old in parent.glob("chat-*"):
        pid = old.name.removeprefix("chat-")
        if not pid.isdigit() or not psutil.pid_exists(int(pid)):
            shutil.rmtree(old, ignore_errors=True)
    root = parent / f"chat-{os.getpid()}"
    shutil.copytree(TEMPLATE, root, dirs_exist_ok=True)
    (root / ".chainlit").mkdir(exist_ok=True)
    shutil.move(root / "config.toml", root / ".chainlit" / "config.toml")
    os.environ["CHAINLIT_APP_ROOT"] = str(root)
    os.environ["CHAINLIT_AUTH_SECRET"] = auth_secret()
    _leave_out_tracing()
    return root


def _leave_out_tracing() -> None:
    """Put an empty module where a dependency of Chainlit loads a tracing kit that calls home.

    The kit is used only with a key for that dependency's service. Loading it took 40 % of the start.
    """
    os.environ.setdefault("TRACELOOP_TELEMETRY", "false")
    os.environ.setdefault("LITERAL_DISABLE", "true")
    if "traceloop.sdk" not in sys.modules:
        kit = ModuleType("traceloop.sdk")
        kit.Traceloop = None  # type: ignore[attr-defined]
        sys.modules["traceloop"], sys.modules["traceloop.sdk"] = ModuleType("traceloop"), kit


def add_parent_languages(root: Path) -> None:
    """After Chainlit has written its translations: serve de-AT with German, fr-CA with French."""
    folder_ = root / ".chainlit" / "translations"
    for language, shipped in PARENT_LANGUAGES.items():
        if (folder_ / f"{shipped}.json").is_file():
            shutil.copyfile(folder_ / f"{shipped}.json", folder_ / f"{language}.json")


def auth_secret() -> str:
    """The secret that signs sign-in cookies: made once, kept at home with mode 0600, the same in every process."""
    path = home() / "auth-secret"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(fd, "w") as f:
        value = secrets.token_hex(32)
        f.write(value)
    return value
