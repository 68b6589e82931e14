"""How long a ladder will take: a few of its own requests, asked before and kept, so that none is asked twice."""

import statistics
from typing import NamedTuple

from knowledge.thresholds import threshold
from tools.endpoint import Completion, in_parallel
from tools.evals.heldout import HeldOutSample
from tools.evals.prompts import prepare
from tools.evals.run import completion_key
from tools.ladder.arms import Bench
from tools.progress import Progress, silent


class Timing(NamedTuple):
    """How long an answer takes."""

    latency_ms: float
    """Median, with as many requests at a time as the ladder will ask."""
    at_once: int
    n: int
    """Answers it rests on."""

    def seconds(self, requests: int) -> float:
        """For so many requests, were all as short as these."""
        return requests * self.latency_ms / self.at_once / 1000


def timed(bench: Bench, *, ask: bool, progress: Progress = silent) -> Timing | None:
    """Time the plain prompt: from its answers that are kept, else by asking two rounds, where that costs nothing.

    Args:
        bench: the ladder's data.
        ask: whether asking is free, so that it may be done without a budget.
        progress: raises to stop.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    from tools.evals.store import completions

    request = bench.run_request("plain")
    prepared = prepare(request.prompt, bench.held_out)
    keys = {s.sample_id: completion_key(request, prepared, s) for s in bench.samples}
    at_once = request.parallel or int(threshold("evals.parallel_requests"))
    before = completions.known(list(keys.values()))
    if before:
        return Timing(statistics.median(c.latency_ms for c in before.values()), at_once, len(before))
    if not ask:
        return None
    asked: dict[str, Completion] = {}
    latest: list[float] = []

    def complete(sample: HeldOutSample) -> Completion:
        return request.endpoint.complete(prepared.messages(sample), max_tokens=request.max_tokens)

    def tick() -> None:
        progress(len(asked), 2 * at_once)

    try:
        # The first round loads the model; the second is what an answer takes.
        for start in (0, at_once):
            samples = bench.samples[start : start + at_once]
            found = list(in_parallel(samples, complete, at_once=at_once, tick=tick))
            got = {keys[s.sample_id]: a for s, a in found if isinstance(a, Completion)}
            latest = [c.latency_ms for c in got.values()] or latest
            asked |= got
    finally:
        completions.keep(asked, request.endpoint.model)
        request.endpoint.close()
    return Timing(statistics.median(latest), at_once, len(latest)) if latest else None
