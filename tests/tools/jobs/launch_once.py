"""Launches one plan in a process of its own that can be told to die at a step, like at a power cut."""

import os
import signal
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tools.jobs import launcher, pricing
from tools.jobs.backends import openai_wire  # noqa: F401 -- loaded once, in the fork server
from tools.jobs.pricing import Price

PRICE = Price(Decimal("4.20"), Decimal("6.00"), "table-6.00", ("6 USD a job (test)",), None, None)
SETTINGS = ("ADVISOR_HOME", "ADVISOR_JOBS_BASE_URL", "ADVISOR_JOBS_API_KEY")


def settings() -> dict[str, str]:
    """What the process needs from this one's environment."""
    return {name: os.environ[name] for name in SETTINGS}


def run(environment: dict[str, str], plan_id: str, person: str, die_at: str = "", wait_s: float = 15) -> None:
    """Launch; the exit status is 0 when the job was confirmed."""
    os.environ.update(environment)
    pricing.price = lambda **_: PRICE  # type: ignore[assignment]

    def reached(step: str) -> None:
        if step == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    launcher.reached = reached
    job = launcher.launch(plan_id, person=person, wait_s=wait_s)
    raise SystemExit(0 if job.state == "CONFIRMED" else 1)


def start(plan_id: str, person: str, die_at: str = "", wait_s: float = 15) -> ForkServerProcess:
    """Begin, from a server that has the imports done."""
    # The fork server learns where modules are from the environment alone.
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in dict.fromkeys(paths) if p)
    context = get_context("forkserver")
    context.set_forkserver_preload(["launch_once"])
    process = context.Process(target=run, args=(settings(), plan_id, person, die_at, wait_s))
    process.start()
    return process
