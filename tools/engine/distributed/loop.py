"""What each Ray worker runs: the training, as one of a team, going on from Ray's last checkpoint."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tools.engine import train
from tools.engine.team import Team


def loop(config: dict[str, Any]) -> None:
    """Train as one of the team.

    Args:
        config: `folder` (the job's, on the shared disk), `threads` (this worker's share of its machine).
    """
    import ray.train

    context = ray.train.get_context()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-")))
        checkpoint = ray.train.get_checkpoint()
        resume = Path(stack.enter_context(checkpoint.as_directory())) if checkpoint else None
        team = Team(
            rank=context.get_world_rank(),
            size=context.get_world_size(),
            threads=config["threads"],
            scratch=scratch,
            resume=resume,
            kept=_kept,
        )
        try:
            # What cannot be trained is said in outcome.json and returns: starting again would not mend it.
            train.main(Path(config["folder"]), team)
        except Exception as e:
            # Only where and what kind: a message may quote the data, and this one goes into Ray's logs.
            raise RuntimeError(f"{type(e).__name__} in {_place(e)}") from None


def _kept(folder: Path, step: int) -> None:
    """Give this process's part to Ray, which joins the parts on the shared disk; all have to come here."""
    import ray.train

    part = ray.train.Checkpoint.from_directory(str(folder))
    ray.train.report({"step": step}, checkpoint=part, delete_local_checkpoint_after_upload=True)


def _place(e: BaseException) -> str:
    trace = e.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
