"""Take the whole way with tickets.jsonl once, for real, and keep what came of it in recorded/.

python examples/zava/record.py --approve [--home DIR]

Every step is a command of `finetune-advisor` in a home folder of its own; your records are not touched. With --home the
folder is kept, and a second run with the same one measures and trains nothing again. About eight minutes on two cores.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUT = HERE / "recorded"
SEED = 7
RUN = ("--local", "--max-tokens", "12", "--json")
"""Twelve tokens are twice what the longest label needs: a base model that chats instead is cut off."""
PACKAGES = ("torch", "transformers", "peft", "trl")
PRICED = (("local", "smollm2-135m-instruct"), ("azure", "gpt-4.1-mini"))
LANGUAGES = ("en", "de", "es", "fr", "zh")


class Recorder:
    """Runs commands and remembers each with its time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[dict[str, Any]] = []

    def run(self, *arguments: str, keep: str = "") -> Any:
        """One command; its JSON. `keep` names the file in recorded/."""
        print("$ finetune-advisor", *arguments, file=sys.stderr)
        started = time.monotonic()
        main = [sys.executable, "-c", "from ui.cli.main import main; main()", *arguments]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(main, cwd=self.folder, env=env, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"stopped: exit status {done.returncode}\n{done.stdout}")
        seconds = round(time.monotonic() - started, 1)
        self.steps.append({"command": f"finetune-advisor {' '.join(arguments)}", "seconds": seconds})
        found = json.loads(done.stdout)
        if keep:
            write(keep, found)
        return found


def write(name: str, found: Any) -> None:
    """JSON of one part of the recording. Temporary folders are no part of it."""
    text = json.dumps(found, indent=1, ensure_ascii=False, default=str)
    (OUT / name).write_text(text.replace(f"{Path.cwd()}/", "") + "\n")


def rows(eval_name: str, name: str) -> None:
    """What one eval said to each held-out row, a line each."""
    from tools.evals import store

    kept = ("sample_id", "input", "target", "completion", "score")
    with (OUT / name).open("w") as f:
        for s in store.samples(eval_name, limit=100_000):
            found = {k: v for k, v in s._asdict().items() if k in kept}
            f.write(json.dumps(found, ensure_ascii=False, default=str) + "\n")


def record(folder: Path) -> None:
    """The whole way, then the page."""
    shutil.copyfile(HERE / "tickets.jsonl", "tickets.jsonl")
    r = Recorder(folder)
    r.run("lint", "tickets.jsonl", "--json", keep="lint.json")
    if not Path("rows").is_dir():
        write("split.json", r.run("split", "tickets.jsonl", "--out", "rows", "--seed", str(SEED), "--json"))
    held = "rows/held_out.jsonl"
    r.run("evals", "run", held, *RUN, "--as", "zava/base-plain", keep="base-plain.json")
    few = ("--few-shot", "rows/train.jsonl", "-k", "8", "--seed", str(SEED))
    r.run("evals", "run", held, *RUN, *few, "--as", "zava/base-few_shot", keep="base-few_shot.json")
    files = ("rows/train.jsonl", "--validation", "rows/validation.jsonl")
    plan_id = r.run("jobs", "plan", *files, "--seed", str(SEED), "--json")["id"]

    from tools.jobs import view
    from tools.jobs.plan import get_plan

    plan = get_plan(plan_id)
    write("plan.json", plan.model_dump(mode="json"))
    r.run("jobs", "approve", plan.id, "--digest", plan.plan_digest, "--as", "recorder", "--json")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    job_id = r.run("jobs", "launch", plan.id, "--as", "recorder", "--json")["id"]
    r.run("jobs", "watch", job_id, "--json")
    job = view.report(job_id)
    write("job.json", job.model_dump(mode="json"))
    tuned = ("--model", str(job.fine_tuned_model), "--as", "zava/tuned")
    r.run("evals", "run", held, *RUN, *tuned, keep="tuned.json")
    best = max(("base-plain", "base-few_shot"), key=lambda n: json.loads((OUT / f"{n}.json").read_text())["score"])
    r.run("evals", "compare", f"zava/{best}", "zava/tuned", "--flips", "20", "--json", keep="comparison.json")
    for name in ("base-plain", "base-few_shot", "tuned"):
        rows(f"zava/{name}", f"{name}.rows.jsonl")
    pages(plan.id, job.id, best)
    manifest(r.steps, job, load)


def pages(plan_id: str, job_id: str, best: str) -> None:
    """What it costs, and the page for a decision in each language, from what was measured."""
    import yaml

    from agent.case import Case, DatasetRef, Noted
    from agent.costing import cost_request
    from agent.page import decision_record
    from agent.tuned import facts_of
    from tools.cost.card import cost_card
    from tools.evals.compare import Comparison

    shop = yaml.safe_load((HERE / "shop.yaml").read_text())
    c = Comparison.model_validate_json((OUT / "comparison.json").read_text())
    facts = {k: Noted(value=v, quote=shop["says"]) for k, v in shop["facts"].items()}
    found = {
        "examples": 320,
        "baseline_score": c.baseline,
        "prompt_effort": "few_shot" if best == "base-few_shot" else "single_prompt",
        **facts_of(c, shop["facts"]["target_score"]),
    }
    source = f"measured on {c.n} held-out rows: {c.baseline_name} against {c.candidate_name}"
    facts |= {k: Noted(value=v, quote=source, how="measured") for k, v in found.items()}
    parts = (("", "tickets.jsonl"), *((f".{p}", f"rows/{p}.jsonl") for p in ("train", "validation", "held_out")))
    refs = [DatasetRef(id=f"zava{end}", name=Path(p).name, path=str(Path(p).absolute())) for end, p in parts]
    evals = ["zava/base-plain", "zava/base-few_shot", "zava/tuned"]
    case = Case(id="example", facts=facts, datasets=refs, plans=[plan_id], jobs=[job_id], evals=evals)
    write("case.json", case.model_dump(mode="json"))
    cards = [cost_card(cost_request(case, p, m, dataset=Path("tickets.jsonl"), technique="sft")) for p, m in PRICED]
    write("cost.json", [card.model_dump(mode="json") for card in cards])
    now = datetime.now(UTC)
    for language in LANGUAGES:
        page = decision_record(case, owner="local", now=now, language=language)
        write(f"page.{language}.json", page.model_dump(mode="json"))


def manifest(steps: list[dict[str, Any]], job: Any, load: float | None) -> None:
    """When, on what and with which versions this was recorded."""
    found = {
        "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(load),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in ("finetune-advisor", *PACKAGES)}},
        "base_model": job.base_model,
        "seed": SEED,
        "steps": steps,
    }
    write("manifest.json", found)


def machine(load: float | None) -> str:
    """Processor, cores this process may use, memory, and how much else it had to do when training began."""
    name = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        name = next(
            (x.split(":")[1].strip() for x in info.read_text().splitlines() if x.startswith("model name")), name
        )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    busy = "" if load is None else f", load {load:.1f} when training began"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{name}, {cores} cores, {memory:.0f} GiB, no GPU used, {platform.system()}{busy}"


def main() -> None:
    """Read the command line."""
    import argparse

    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--approve", action="store_true", help="you say yes to one training run on this computer ($0.00)")
    p.add_argument("--home", type=Path, help="a folder to keep; without it a temporary one")
    given = p.parse_args()
    if not given.approve:
        p.error("this trains a small model on this computer: say yes with --approve")
    home = (given.home or Path(tempfile.mkdtemp())).absolute()
    home.mkdir(parents=True, exist_ok=True)
    OUT.mkdir(exist_ok=True)
    os.environ["ADVISOR_HOME"] = str(home / "home")
    os.chdir(home)
    sys.path.insert(0, str(ROOT))
    try:
        record(home)
    finally:
        from tools.engine import control

        control.stop()
        if given.home is None:
            shutil.rmtree(home)


if __name__ == "__main__":
    main()
