"""Loading what the first answer needs, once, before the first person asks for it.

The libraries of the agent finish building their classes when they are first used, and two threads that do so at once
break each other (seen: a TypeError out of pydantic at the first message). So a turn waits for the warming up, which
is the same work that it would have to do itself.
"""

import asyncio
import logging

log = logging.getLogger(__name__)
_task: "asyncio.Task[None] | None" = None


def start() -> None:
    """Begin, in a thread of its own; returns at once."""
    global _task
    _task = asyncio.create_task(asyncio.to_thread(_all))


async def warmed() -> None:
    """Return when it is done; at once when it was never begun."""
    if _task is not None:
        await asyncio.wait({_task})


def _all() -> None:
    from agent.warm import warm_up

    try:
        warm_up()
    except Exception as e:  # the first real turn meets the same and says so to the person
        log.warning("warming up failed: %s", type(e).__name__)
