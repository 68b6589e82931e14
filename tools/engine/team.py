"""The processes that train one model together: which of them this is, and what they share. Alone by default."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tools.engine.rows import DataError


def _nobody(folder: Path, step: int) -> None:
    return


class Team(NamedTuple):
    """This process among those that train with it."""

    rank: int = 0
    size: int = 1
    threads: int | None = None
    """Its share of its machine's cores; None: decided from the machine's load."""
    scratch: Path | None = None
    """Where it writes the trainer's own checkpoints (with the optimiser's state); None: none are written."""
    resume: Path | None = None
    """The trainer's checkpoint to go on from, after one of the team was lost."""
    kept: Callable[[Path, int], None] = _nobody
    """Told (folder, step) when such a checkpoint stands; called by every process of the team."""

    @property
    def first(self) -> bool:
        """The one that tells and stores."""
        return self.rank == 0

    @property
    def restarted(self) -> bool:
        """Whether somebody starts the team again when one of it is lost."""
        return self.scratch is not None

    def share(self, batch: int) -> int:
        """Rows of a batch that fall to each process: a step sees the same rows however many they are.

        Raises:
            DataError: the batch cannot be divided evenly.
        """
        if batch % self.size:
            text = f"batch_size {batch} cannot be divided evenly among {self.size} processes."
            raise DataError(text, code="batch_not_divisible", param="batch_size")
        return batch // self.size


ALONE = Team()


def keeper(team: Team) -> Any:
    """A callback of the trainer that tells the team of each checkpoint."""
    from transformers import TrainerCallback

    class Keeper(TrainerCallback):  # type: ignore[misc]
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            team.kept(Path(args.output_dir) / f"checkpoint-{state.global_step}", state.global_step)

    return Keeper()


def agreed(model: Any) -> str:
    """SHA-256 of the trained weights, which has to be the same in every process of the team.

    Raises:
        RuntimeError: it is not; the gradients were not shared.
    """
    import hashlib

    import torch.distributed as dist

    digest = hashlib.sha256()
    for name, weight in sorted((n, p) for n, p in model.named_parameters() if p.requires_grad):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().view(-1).numpy().tobytes())
    found: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(found, digest.hexdigest())
    if len(set(found)) != 1:
        raise RuntimeError("the processes trained different weights")
    return str(found[0])
