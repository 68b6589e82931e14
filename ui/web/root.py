"""The folder Chainlit works in: one for each process, below the person's home folder, made from ui/chat/root/.

Chainlit writes into its root when it is imported (.files/, .chainlit/), and two processes that share one lose each
other's uploads; so each gets its own, and folders left by processes that are gone are cleared here.
"""

import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from types import ModuleType

from tools.workspace import folder, home
from ui.chat.words import LANGUAGES, words

TEMPLATE = Path(__file__).parent.parent / "chat" / "root"
# Chainlit ships de-DE and fr-FR only; without these copies de-AT and fr-CA would read English.
PARENT_LANGUAGES = {"de": "de-DE", "fr": "fr-FR"}
SHIPPED = {"en": "en-US", "de": "de-DE", "es": "es", "fr": "fr-FR", "zh": "zh-CN"}
"""Our language -> the file of Chainlit's own words."""
FRAME = {
    "placeholder": ("chat", "input", "placeholder"),
    "commands": ("chat", "commands", "button"),
    "no_threads": ("threadHistory", "sidebar", "empty"),
}
"""Our word -> where it stands among Chainlit's, where theirs say too little."""


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
    script = root / "public" / "look.js"
    frame = {language: words(language).group("frame") for language in LANGUAGES}
    script.write_text(script.read_text().replace("FRAME = {}", f"FRAME = {json.dumps(frame)}", 1))
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


def put_in_words(root: Path) -> None:
    """After Chainlit has written its translations: our words in its frame; de-AT gets German, fr-CA French."""
    folder_ = root / ".chainlit" / "translations"
    for language, shipped in SHIPPED.items():
        path = folder_ / f"{shipped}.json"
        if not path.is_file():
            continue
        theirs = json.loads(path.read_text(encoding="utf-8"))
        for name, (*above, last) in FRAME.items():
            at = theirs
            for key in above:
                at = at[key]
            at[last] = words(language)(f"frame.{name}")
        path.write_text(json.dumps(theirs, ensure_ascii=False), encoding="utf-8")
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
