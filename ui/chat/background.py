"""What runs beside the conversations: the job monitor, warming up, and letting go of what no window shows."""

import asyncio
import logging

from tools import leftovers, workspace
from tools.engine import control
from tools.errors import AdvisorError
from tools.jobs.monitor import Monitor
from ui.chat import warm

log = logging.getLogger(__name__)
SWEEP_SECONDS = 300
_monitor = Monitor()
_tasks: set[asyncio.Task[None]] = set()


async def start() -> None:
    """Called once when the server starts; returns at once."""
    await asyncio.to_thread(_sweep_leftovers)
    _monitor.start()
    warm.start()
    task = asyncio.create_task(_sweep())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def stop() -> None:
    """Called once when the server stops. A job that still trains keeps its engine; an idle engine goes too."""
    for task in list(_tasks):
        task.cancel()
    await asyncio.to_thread(_monitor.stop, 3)
    await asyncio.to_thread(_stop_idle_engine)


def _sweep_leftovers() -> None:
    try:
        for what in ("images", "copy"):
            leftovers.sweep(workspace.folder("datasets"), what)
    except OSError as e:
        log.warning("what a killed process left could not be swept: %s", e.strerror)


def _stop_idle_engine() -> None:
    try:
        control.stop(if_idle=True)
    except AdvisorError as e:
        log.warning("the local engine could not be stopped: %s", e.what)


async def _sweep() -> None:
    """Chainlit keeps every message of every session for ever; we keep talks. Both end with the last window."""
    from chainlit.chat_context import chat_contexts
    from chainlit.session import ws_sessions_id

    from ui.chat.talk import forget_closed

    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for session_id in [s for s in chat_contexts if s not in ws_sessions_id]:
            chat_contexts.pop(session_id, None)
        forget_closed({s.thread_id for s in list(ws_sessions_id.values())})
