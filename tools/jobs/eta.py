"""How far a job is and how long it will take: a range from its own pace, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import RowMapping

from tools.jobs.backends.base import RemoteJob
from tools.jobs.models import JobEvent

FEWEST = 3
"""Steps seen before a pace is believed."""


def progress(remote: RemoteJob, happened: Sequence[JobEvent], row: RowMapping, now: datetime) -> dict[str, Any] | None:
    """Step, total and seconds left (low and high), each None when it is not known."""
    if remote.finished_at is not None:
        done = _steps(happened)
        last = done[-1][1] if done else None
        return {"step": last, "total_steps": _total(remote, happened) or last} if last else None
    steps = _steps(happened)
    told = (remote.extra or {}).get("progress") or {}
    step = told.get("step") or (steps[-1][1] if steps else None)
    total = _total(remote, happened)
    left = _left(steps, step, total)
    if left is None and remote.estimated_finish is not None and remote.estimated_finish > now:
        seconds = (remote.estimated_finish - now).total_seconds()
        left = (seconds * 0.7, seconds * 1.5)
    if step is None and left is None:
        return None
    low, high = left or (None, None)
    return {"step": step, "total_steps": total, "seconds_left_low": low, "seconds_left_high": high}


def _steps(happened: Sequence[JobEvent]) -> list[tuple[datetime, int]]:
    """(when, step) of every metrics event, the newest of a step only."""
    found = {int(e.data["step"]): e.at for e in happened if _has_step(e) and e.data}
    return [(found[step], step) for step in sorted(found)]


def _has_step(event: JobEvent) -> bool:
    return event.type == "metrics" and isinstance((event.data or {}).get("step"), int | float)


def _total(remote: RemoteJob, happened: Sequence[JobEvent]) -> int | None:
    told = (remote.extra or {}).get("progress") or {}
    for name in ("total_steps", "total"):
        if isinstance(told.get(name), int):
            return int(told[name])
    for event in reversed(happened):
        if isinstance((event.data or {}).get("total_steps"), int):
            return int((event.data or {})["total_steps"])
    return None


def _left(steps: list[tuple[datetime, int]], step: int | None, total: int | None) -> tuple[float, float] | None:
    """From the fastest and the slowest pace seen over thirds of the way: a range, because machines get busy."""
    if step is None or total is None or len(steps) < FEWEST:
        return None
    remaining = max(0, total - step)
    third = max(1, len(steps) // 3)
    cuts = [steps[i] for i in range(0, len(steps), third)]
    if cuts[-1] != steps[-1]:
        cuts.append(steps[-1])
    paces = [(b[0] - a[0]).total_seconds() / (b[1] - a[1]) for a, b in pairwise(cuts) if b[1] > a[1]]
    if not paces or max(paces) <= 0:
        return None
    whole = (steps[-1][0] - steps[0][0]).total_seconds() / max(1, steps[-1][1] - steps[0][1])
    low, high = min([p for p in paces if p > 0], default=whole), max(paces)
    return round(remaining * min(low, whole) * 0.9, 1), round(remaining * max(high, whole) * 1.1, 1)
