"""What a training step costs in Ray Train (one worker) against the plain training process, step by step in turns.

    python bench/engine/ray_overhead.py FOLDER [--steps 43] [--batch 8]   FOLDER holds Banking77's train.csv

Both run the same job (SmolLM2-135M-Instruct, LoRA, one thread) at the same time, but never compute at the same time: a
referee gives the turn to one of them for one step, then to the other, in the order A B B A, so that whatever else the
machine does falls on both alike. A step is from the trainer's on_step_begin to its on_step_end (forward, backward,
optimiser). What lies between two steps (the next rows, telling) and storing a state, which only the Ray way does, are
told apart.
"""

import argparse
import csv
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
SKIPPED = 3
"""First steps of each, in which caches are filled."""


def in_turns(address: str) -> None:
    """In the training process: wait for the turn before every step, and tell how long the step took."""
    from transformers import TrainerCallback

    from tools.engine import trainers

    referee = socket.socket(socket.AF_UNIX)
    referee.connect(address)

    class Turns(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if hasattr(self, "ended"):
                between = {"saved" if self.saved else "between": time.perf_counter() - self.ended}
                referee.sendall(json.dumps(between).encode() + b"\n")
            self.saved = False
            referee.sendall(b"?")
            if not referee.recv(1):
                os._exit(0)
            self.wall, self.cpu = time.perf_counter(), time.thread_time()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            told = {"wall": time.perf_counter() - self.wall, "cpu": time.thread_time() - self.cpu}
            referee.sendall(json.dumps(told).encode() + b"\n")
            self.ended = time.perf_counter()

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.saved = True

    made = trainers._trainer

    def with_turns(*given: Any) -> Any:
        trainer = made(*given)
        trainer.add_callback(Turns())
        return trainer

    trainers._trainer = with_turns


def ray_loop(config: dict[str, Any]) -> None:
    """The product's own loop, in turns."""
    sys.path.insert(0, str(ROOT / "bench" / "engine"))
    import ray_overhead

    from tools.engine.distributed.loop import loop

    ray_overhead.in_turns(config["referee"])
    loop(config)


def role(kind: str, folder: str, address: str, work: str) -> None:
    """One of the two, in a process of its own."""
    if kind == "plain":
        from tools.engine import train
        from tools.engine.team import Team

        in_turns(address)
        train.main(Path(folder), Team(threads=1))
        return
    import ray
    from ray.train import CheckpointConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=80 * 1024**2)
    TorchTrainer(
        ray_loop,
        train_loop_config={"folder": folder, "threads": 1, "referee": address},
        torch_config=TorchConfig(backend="gloo"),
        scaling_config=ScalingConfig(num_workers=1),
        run_config=RunConfig(name="b", storage_path=f"{work}/s", checkpoint_config=CheckpointConfig(num_to_keep=2)),
    ).fit()


def jobs_for(rows: list[dict[str, Any]], batch: int) -> dict[str, Path]:
    """The same job twice in a home folder of the bench's own."""
    from tools.engine import jobs, models
    from tools.engine.distributed import shared
    from tools.engine.wire import CreateJob

    file_id = shared.put_file(
        Path(os.environ["ADVISOR_HOME"]), "rows.jsonl", "".join(json.dumps(r) + "\n" for r in rows).encode()
    )
    found = {}
    for kind in ("plain", "ray"):
        method: Any = {"type": "supervised", "supervised": {"hyperparameters": {"batch_size": batch, "n_epochs": 1}}}
        wanted = CreateJob.model_validate(
            {"model": "smollm2-135m-instruct", "training_file": file_id, "method": method, "metadata": {}}
        )
        found[kind] = jobs.create(wanted, models.base_of(wanted.model), 0)[0].folder
    return found


def line(connection: socket.socket, rest: dict[socket.socket, bytes]) -> bytes:
    """The next message of one of them: "?" or a line of JSON; empty when it has ended."""
    while True:
        held = rest[connection]
        if held.startswith(b"?"):
            rest[connection] = held[1:]
            return b"?"
        if b"\n" in held:
            one, _, rest[connection] = held.partition(b"\n")
            return one
        more = connection.recv(65536)
        if not more:
            return b""
        rest[connection] = held + more


def main() -> None:
    """Referee and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=43)
    parser.add_argument("--batch", type=int, default=8)
    asked = parser.parse_args()
    with (asked.folder / "train.csv").open(newline="", encoding="utf-8") as f:
        texts = [(r["text"].strip(), r["category"].replace("_", " ")) for r in csv.DictReader(f)][
            : asked.batch * asked.steps
        ]
    task = {"role": "system", "content": "Label the bank customer's question with its intent."}
    rows = [
        {"messages": [task, {"role": "user", "content": text}, {"role": "assistant", "content": label}]}
        for text, label in texts
    ]
    with tempfile.TemporaryDirectory(prefix="ov") as work:
        measured = measure(Path(work), jobs_for(rows, asked.batch), asked.steps)
    tell(measured)


def measure(work: Path, folders: dict[str, Path], steps: int) -> dict[str, list[dict[str, float]]]:
    """Both through all their steps, in turns."""
    address = str(work / "referee")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    env = os.environ | {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TRAIN_V2_ENABLED": "1",
        "RAY_TMPDIR": str(work),
        "RAY_worker_niceness": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "TOKENIZERS_PARALLELISM": "false",
    }
    measured: dict[str, list[dict[str, float]]] = {}
    connections: dict[str, socket.socket] = {}
    rest: dict[socket.socket, bytes] = {}
    children = []
    try:
        for kind in ("plain", "ray"):
            argv = [sys.executable, __file__, "--role", kind, str(folders[kind]), address, str(work)]
            children.append(subprocess.Popen(argv, env=env, stdout=sys.stderr, start_new_session=True))
            connection, _ = listening.accept()
            connections[kind], rest[connection], measured[kind] = connection, b"", []
            while line(connection, rest) != b"?":  # it has loaded all and waits for its first step
                continue
            print(f"{kind}: ready", flush=True)
        for number in range(steps):
            pair = ("plain", "ray") if number % 2 == 0 else ("ray", "plain")
            for kind in pair:
                connection = connections[kind]
                connection.sendall(b"!")
                first = line(connection, rest)
                if not first:
                    return measured  # one of them has ended before its time: what was measured counts
                told: dict[str, float] = json.loads(first)
                while (said := line(connection, rest)) not in (b"?", b""):
                    told |= json.loads(said)
                measured[kind].append(told)
    finally:
        for connection in connections.values():
            connection.close()
        for child in children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, 9)
                child.wait()
    return measured


def tell(measured: dict[str, list[dict[str, float]]]) -> None:
    """Medians, the paired ratio with its interval, and what storing cost."""
    from common import machine

    pairs = min(len(arm) for arm in measured.values())
    plain, ray = measured["plain"][SKIPPED:pairs], measured["ray"][SKIPPED:pairs]
    chance = np.random.default_rng(0)
    for what, name in (("wall", "wall"), ("cpu", "processor (training thread)")):
        a, b = (np.array([step[what] for step in arm]) for arm in (plain, ray))
        picks = chance.integers(0, len(a), (10_000, len(a)))
        ratio = np.median(b) / np.median(a)
        low, high = np.percentile(np.median(b[picks], axis=1) / np.median(a[picks], axis=1), [2.5, 97.5])
        spread = [np.percentile(arm, [25, 75]) for arm in (a, b)]
        print(
            f"{name}: plain {np.median(a):.3f} s [{spread[0][0]:.3f}, {spread[0][1]:.3f}], "
            f"Ray Train {np.median(b):.3f} s [{spread[1][0]:.3f}, {spread[1][1]:.3f}] (median, quartiles); "
            f"ratio {ratio:.3f} [{low:.3f}, {high:.3f}] (bootstrap over {len(a)} pairs of steps)"
        )
    for kind, arm in measured.items():
        between, saved = ([step[name] for step in arm if name in step] for name in ("between", "saved"))
        stored = f"; with storing a state {statistics.median(saved):.2f} s ({len(saved)} times)" if saved else ""
        print(f"between two steps, {kind}: {statistics.median(between):.3f} s (median of {len(between)}){stored}")
    machine()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--role"]:
        role(*sys.argv[2:6])
    else:
        main()
