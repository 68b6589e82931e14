"""`torchrun -m tools.engine.distributed.by_torchrun JOB_FOLDER`: the way to several processes without Ray."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path

from tools.engine import train
from tools.engine.team import Team


def main(folder: Path) -> int:
    """Train as the process that torchrun started, going on from the last state that all of them stored."""
    states = folder / "states"
    whole = sorted(states.glob("step-*/whole"), key=lambda path: int(path.parent.name.removeprefix("step-")))
    rank = int(os.environ["RANK"])
    team = Team(
        rank=rank,
        size=int(os.environ["WORLD_SIZE"]),
        threads=int(os.environ.get("OMP_NUM_THREADS", "1")),
        scratch=folder / "trainer" / str(rank),
        resume=whole[-1].parent if whole else None,
        kept=partial(_kept, states, rank),
    )
    return train.main(folder, team)


def _kept(states: Path, rank: int, folder: Path, step: int) -> None:
    """Join the parts; marked whole only when every process has added its own."""
    import torch.distributed as dist

    target = states / f"step-{step}"
    shutil.copytree(folder, target, dirs_exist_ok=True)
    shutil.rmtree(folder)
    dist.barrier()
    if rank == 0:
        (target / "whole").touch()
        for older in states.glob("step-*"):
            if older != target:
                shutil.rmtree(older)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
