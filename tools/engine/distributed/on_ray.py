"""`python -m tools.engine.distributed.on_ray`: what Ray runs for a job. The job's id comes in ADVISOR_RAY_JOB."""

import os
import shutil
import sys
from math import ceil
from typing import Any

from tools.engine import jobs, paths, recipe
from tools.engine.distributed.loop import loop
from tools.engine.durable import read_json
from tools.engine.jobs import Job
from tools.engine.report import Report

JOB, WORKERS = "ADVISOR_RAY_JOB", "ADVISOR_RAY_WORKERS"


def main() -> int:
    """Train on the cluster this runs in; outcome.json has the last word."""
    import ray

    job = jobs.get(os.environ[JOB])
    ray.init(log_to_driver=False)
    error: str | None = None
    try:
        _fit(job, int(os.environ[WORKERS]))
    except Exception as e:
        error = type(e).__name__
    outcome = read_json(job.folder / "outcome.json")
    if outcome is None:
        text = f"Ray gave up after starting the training {recipe.default('distributed_failures') + 1} times ({error})."
        where = "The log of the job at Ray says in which process it ended."
        said = {"code": "process_ended", "message": f"{text} {where}", "param": None}
        Report(job.folder).outcome("failed", error=said)
        return 1
    shutil.rmtree(paths.root() / "ray" / job.id, ignore_errors=True)  # the optimiser's states: nobody needs them now
    return int(outcome["status"] != "succeeded")


def _fit(job: Job, workers: int) -> None:
    from ray.train import CheckpointConfig, FailureConfig, RunConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    scaling, threads = _scaling(job, workers)
    gpu = scaling.use_gpu
    jobs.say(
        job.folder,
        f"Ray starts {workers} worker(s), each with {'one GPU' if gpu else f'{threads} CPU(s)'}.",
        data={"workers": workers, "gpu": gpu, "cpus_per_worker": threads, "nodes": len(_nodes())},
    )
    TorchTrainer(
        loop,
        train_loop_config={"folder": str(job.folder), "threads": threads},
        torch_config=TorchConfig(backend="nccl" if gpu else "gloo"),
        scaling_config=scaling,
        run_config=RunConfig(
            name=job.id,
            storage_path=str(paths.root() / "ray"),
            failure_config=FailureConfig(max_failures=recipe.default("distributed_failures")),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
    ).fit()


def _scaling(job: Job, workers: int) -> tuple[Any, int]:
    """How many workers and what each gets: GPUs where there are enough, else an even share of the smallest node."""
    from ray.train import ScalingConfig

    nodes = _nodes()
    gpu = sum(n["Resources"].get("GPU", 0) for n in nodes) >= workers
    smallest = min((int(n["Resources"]["CPU"]) for n in nodes), default=1)
    threads = max(1, smallest // ceil(workers / max(1, len(nodes))))
    least = fewest(workers, recipe.resolve(recipe.asked(job.request), 1, job.request.method.type).values["batch_size"])
    elastic: Any = workers if least == workers else (least, workers)
    scaling = ScalingConfig(
        num_workers=elastic,
        use_gpu=gpu,
        resources_per_worker={"CPU": threads} | ({"GPU": 1} if gpu else {}),
        placement_strategy="SPREAD",
    )
    return scaling, threads


def fewest(workers: int, batch: int) -> int:
    """With how few the job may go on when machines are lost: every number down to it divides the batch evenly."""
    while workers > 1 and batch % (workers - 1) == 0:
        workers -= 1
    return workers


def _nodes() -> list[dict[str, Any]]:
    import ray

    everything: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [n for n in everything if n["Alive"] and n["Resources"].get("CPU", 0) >= 1]


if __name__ == "__main__":
    sys.exit(main())
