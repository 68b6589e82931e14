"""Launches one plan in a process of its own that can be told to die, or to have no disk any more, at a step."""

import os
import signal
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import Pool, event

from tools.errors import UnavailableError
from tools.jobs import launcher, ledger, pricing
from tools.jobs.backends import openai_wire  # noqa: F401 -- loaded once, in the fork server
from tools.jobs.pricing import Price

PRICE = Price(Decimal("4.20"), Decimal("6.00"), "table-6.00", ("6 USD a job (test)",), None, None)
SETTINGS = (
    *("ADVISOR_HOME", "ADVISOR_JOBS_BASE_URL", "ADVISOR_JOBS_API_KEY", "ADVISOR_DATABASE_URL"),
    *("TOGETHER_API_KEY", "TOGETHER_BASE_URL", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "ADVISOR_GOOGLE_BUCKET"),
    *("GOOGLE_VERTEX_BASE_URL", "STORAGE_EMULATOR_HOST"),
)


def settings() -> dict[str, str]:
    """What the process needs from this one's environment."""
    return {name: os.environ[name] for name in SETTINGS if os.environ.get(name)}


def run(
    environment: dict[str, str], plan_id: str, person: str, at: str = "", window_s: float = 0, fault: str = "dies"
) -> None:
    """Launch; the exit status is 0 when the job was confirmed, 7 when it was said in one line that it cannot be now.

    Args:
        at: the step before which the fault happens; "start" is before all.
        window_s: shortens the time of looking for a job.
        fault: of FAULTS.
    """
    os.environ.update(environment)
    if window_s:
        look_quickly(window_s)
    pricing.price = lambda **_: PRICE  # type: ignore[assignment]

    def reached(step: str) -> None:
        if step == at:
            FAULTS[fault]()

    launcher.reached = reached
    reached("start")
    try:
        job = launcher.launch(plan_id, person=person)
    except UnavailableError as e:
        raise SystemExit(7 if len(str(e).splitlines()) == 1 else 8) from None
    raise SystemExit(0 if job.state == "CONFIRMED" else 1)


def dies() -> None:
    """Like at a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def full() -> None:
    """From now on no file can grow."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def read_only() -> None:
    """From now on the store takes no change: SQLite says the same of a file without the right to write it."""
    event.listen(Pool, "checkout", lambda connection, *_: connection.execute("PRAGMA query_only=ON"))


FAULTS = {"dies": dies, "full": full, "read_only": read_only}


def look_quickly(window_s: float) -> None:
    """The four looks for a lost job within `window_s` instead of ten minutes, in this process."""
    real = ledger.threshold
    shares = {"jobs.reconcile_1_s": 0.05, "jobs.reconcile_2_s": 0.2, "jobs.reconcile_3_s": 0.5, "jobs.reconcile_4_s": 1}
    short = {name: share * window_s for name, share in shares.items()}
    ledger.threshold = lambda name: short.get(name) or real(name)


def start(plan_id: str, person: str, at: str = "", window_s: float = 0, fault: str = "dies") -> ForkServerProcess:
    """Begin, from a server that has the imports done."""
    # The fork server learns where modules are from the environment alone.
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in dict.fromkeys(paths) if p)
    context = get_context("forkserver")
    context.set_forkserver_preload(["launch_once"])
    process = context.Process(target=run, args=(settings(), plan_id, person, at, window_s, fault))
    process.start()
    return process
