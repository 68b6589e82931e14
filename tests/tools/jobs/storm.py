"""The kill -9 storm: launches that die at any moment, at a provider that fails as well; who counts is the provider.

Every run proposes and approves one plan, starts its launch in a process, kills it at a random moment, and starts it
again, as a person would click again, until one survives. A seed makes a run the same again, apart from the machine's
own timing.
"""

import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import launch_once
import places

from tools.jobs import checks, pricing, view
from tools.jobs.approval import approve
from tools.jobs.models import Job, Plan, PlanRequest
from tools.jobs.monitor import Monitor
from tools.jobs.plan import propose
from tools.records import chain, database

FAULTS = ["none"] * 10 + ["reset-after", "reset-before", "late:0.15", "502-html", "html-200", "500", "429", "408"]
OTHER_FAULTS = [f for f in FAULTS if not f.startswith("late")]
WINDOW_S = 0.8
KILLS_AT_MOST = 3


class Result(NamedTuple):
    """What the storm did, counted at the provider and in the ledger."""

    runs: int
    kills: int
    posts: int
    jobs_at_provider: int
    duplicates: int
    """Jobs beyond the first of one approval."""
    orphans: int
    """Jobs at the provider that the ledger does not hold as that launch's confirmed job."""
    phantoms: int
    """Confirmed launches whose job the provider does not have."""
    states: dict[str, int]
    killed_in: dict[str, int]
    """The state the ledger was in when a process died."""
    seconds: float

    @property
    def bound(self) -> float:
        """Upper end of the 95 % interval of the rate of double launches, when none was seen (rule of three)."""
        return 3 / self.runs


def storm(
    runs: int, seed: int, home: Path, say: Callable[[str], None] = lambda _: None, backend: str = "wire"
) -> Result:
    """Run it. `home` becomes ADVISOR_HOME."""
    rng = random.Random(seed)
    program = ["wire_provider.py"] if backend == "wire" else ["other_wires.py", backend]
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name(program[0])), *program[1:]], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(ADVISOR_HOME=str(home), HF_HUB_OFFLINE="0")
    wire = {"ADVISOR_JOBS_BASE_URL": url, "ADVISOR_JOBS_API_KEY": "sk-test"}
    os.environ.update(wire if backend == "wire" else places.settings(backend, url, home))
    began = time.monotonic()
    try:
        _prepare(home)
        plans: list[Plan] = []
        kills: Counter[str] = Counter()
        typical_s = 0.4
        for i in range(runs):
            plan = _approved(home, i, backend)
            plans.append(plan)
            _call(url, "/_faults", [rng.choice(FAULTS if backend == "wire" else OTHER_FAULTS)])
            for _ in range(rng.randint(1, KILLS_AT_MOST)):
                process = launch_once.start(plan.id, "ada", "", WINDOW_S)
                process.join(rng.uniform(0, 1.3 * typical_s))
                if process.is_alive():
                    process.kill()
                    process.join()
                    kills[_state(plan)] += 1
            started, quick = time.monotonic(), _state(plan) in ("before RESERVED", "CONFIRMED", "NOT_CREATED")
            process = launch_once.start(plan.id, "ada", "", WINDOW_S)
            process.join(60)
            if quick and process.exitcode == 0:
                typical_s = 0.7 * typical_s + 0.3 * (time.monotonic() - started)
            if (i + 1) % 50 == 0:
                say(f"{i + 1} runs, {sum(kills.values())} kills, {time.monotonic() - began:.0f} s")
        _settle()
        return _count(url, plans, kills, time.monotonic() - began)
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


def _prepare(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    caps = "per_person_and_day_usd: 1000000\norganisation_per_month_usd: 1000000\n"
    (home / "spending.yaml").write_text(caps)
    row = {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}]}
    (home / "data.jsonl").write_text((json.dumps(row) + "\n") * 12)
    pricing.price = lambda **_: launch_once.PRICE  # type: ignore[assignment]
    checks.data_blockers = lambda _: ([], [])
    launch_once.look_quickly(WINDOW_S)


def _approved(home: Path, i: int, backend: str) -> Plan:
    request = PlanRequest(training_file=home / "data.jsonl", backend=backend, base_model="gpt-4.1-mini", repeat=i)
    plan = propose(request)
    approve(plan.id, plan.plan_digest, "ada", Decimal("6.00"))
    return plan


def _state(plan: Plan) -> str:
    with database.read() as connection:
        entries = chain.entries(connection, plan.plan_digest)
    return entries[-1].kind if entries else "before RESERVED"


def _settle() -> None:
    """The monitor looks for what is unknown until nothing is."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        Monitor().tick()
        if not any(j.state in ("RESERVED", "INTENT", "SENDING", "UNKNOWN") for j in _all_jobs()):
            return
        time.sleep(0.05)


def _all_jobs() -> list[Job]:
    return view.list_jobs(limit=1_000_000)


def _count(url: str, plans: list[Plan], kills: Counter[str], seconds: float) -> Result:
    with database.read() as connection:
        chain.verify(connection)
    seen = _call(url, "/_count")
    jobs = {j.launch_key: j for j in _all_jobs()}
    # Other wires carry the key whole or its beginning, in a label, a description or a suffix.
    full = {at: next((k for k in jobs if k[:12] in str(said)), said) for at, said in seen["keys"].items()}
    per_key = Counter(full.values())
    orphans = [at for at, key in full.items() if key not in jobs or jobs[key].provider_job_id != at]
    confirmed = [j for j in jobs.values() if j.state == "CONFIRMED"]
    return Result(
        runs=len(plans),
        kills=sum(kills.values()),
        posts=seen["posts"],
        jobs_at_provider=seen["jobs"],
        duplicates=sum(n - 1 for n in per_key.values()),
        orphans=len(orphans),
        phantoms=sum(j.provider_job_id not in seen["keys"] for j in confirmed),
        states=dict(Counter(j.state for j in jobs.values())),
        killed_in=dict(kills),
        seconds=seconds,
    )


def _call(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url.removesuffix("/v1") + path, data) as answer:
        return json.load(answer)
