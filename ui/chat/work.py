"""Long work beside the talk: in a thread, shown on a card with a stop button, going on when the tab is closed."""

import asyncio
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from agent.said import said
from tools.errors import AdvisorError, CancelledError
from tools.progress import Progress, Stoppable
from ui.chat.cards.blocks import Bar01, Block, Button, Buttons, Card, Notice
from ui.chat.show import Shown, announce, repaint, vanish
from ui.chat.words import Words, words

log = logging.getLogger(__name__)
REPAINT_SECONDS = 1.0
_running: dict[str, Stoppable] = {}
_tasks: set[asyncio.Task[Any]] = set()


def stop(work_id: str) -> bool:
    """Ask work to end; False when it is not running."""
    work = _running.get(work_id)
    if work:
        work.stop()
    return work is not None


def problem_card(error: Exception, language: str = "en") -> Card:
    """One clear line for what we know; a number, and the details in the log, for what we do not."""
    w = words(language)
    if isinstance(error, AdvisorError):
        return _problem(str(error), w)
    number = secrets.token_hex(4)
    # The kind and the place, not the words: those may hold what a person wrote.
    places = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
    log.error("error %s: %s at %s", number, type(error).__name__, " < ".join(reversed(places)))
    return _problem(w("work.ours", number=number), w)


def _problem(text: str, w: Words) -> Card:
    text = said(text, w.language)  # before its first letter changes, or no template knows it
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower():  # a sentence, and no place or name that it begins with
        text = first.capitalize() + text[len(first) :]
    blocks = [Notice(tone="bad", text=text)]
    return Card(name="problem", label=w("work.problem"), blocks=[*blocks], language=w.language)


def close_interrupted(thread: Any) -> None:
    """In a thread as it is read from the store: progress of work that no longer runs is said to have been ended."""
    for element in thread.get("elements") or []:
        props = element.get("props") or {}
        if props.get("name") != "progress":
            continue
        buttons = [b for block in props.get("blocks", []) if block.get("kind") == "buttons" for b in block["items"]]
        ids = [b["payload"]["work"] for b in buttons if "work" in b["payload"]]
        if ids and not any(work_id in _running for work_id in ids):
            title = str(props.get("label", "")).split(":")[0]
            w = words(str(props.get("language", "en")))
            again = [b["payload"]["again"] for b in buttons if "again" in b["payload"]]
            blocks: list[Block] = [Notice(text=w("work.interrupted", title=title))]
            blocks += [Buttons(items=[Button.model_validate(b) for b in again])] if again else []
            card = Card(name="progress", label=title, blocks=blocks, language=w.language)
            element["props"] = {**props, **card.props()}


def in_background(
    thread_id: str,
    title: str,
    work: Callable[[Progress], Any],
    then: Callable[[Any], Awaitable[None]],
    *,
    language: str = "en",
    detail: Callable[[], list[Block]] = list,
    again: Button | None = None,
) -> None:
    """Run `work` in a thread, show its progress, then `then` with its result. Returns at once.

    Args:
        thread_id: whose windows show it.
        title: what it is.
        work: called with where to report; from another thread.
        then: called with what it found.
        language: of the cards.
        detail: what else the card shows of how far it is, asked for anew each second.
        again: goes on where it was; shown when it was stopped, failed, or ended with the server.
    """
    task = asyncio.create_task(_run(thread_id, title, work, then, words(language), detail, again))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _run(
    thread_id: str,
    title: str,
    work: Callable[[Progress], Any],
    then: Callable[[Any], Awaitable[None]],
    w: Words,
    detail: Callable[[], list[Block]],
    again: Button | None,
) -> None:
    work_id = secrets.token_hex(8)
    latest: dict[str, Any] = {"share": None, "text": title}

    def report(done: float, total: float | None = None, text: str = "") -> None:
        latest["share"] = done / total if total else None
        latest["text"] = f"{title}: {text}" if text else title

    stoppable = Stoppable(report)
    _running[work_id] = stoppable
    job = asyncio.create_task(asyncio.to_thread(work, stoppable))
    shown: Shown | None = None
    try:
        while not job.done():
            await asyncio.wait({job}, timeout=REPAINT_SECONDS if shown else 0.4)
            if job.done():
                break
            card = _progress_card(work_id, latest, w, detail(), again)
            if shown is None:
                shown = (await announce(thread_id, card))[0]
            else:
                await repaint(shown, card, keep=False)
        result = job.result()
    except Exception as e:
        stopped = isinstance(e, CancelledError)
        said_here = stopped and shown  # its own card says so already
        text = w("work.stopped" if stopped else "work.unfinished", title=title)
        await _finish(shown, text, title, w, again if said_here else None)
        if not said_here:
            card = problem_card(e, w.language)
            more = [Buttons(items=[again])] if again else []
            await announce(thread_id, card.model_copy(update={"blocks": [*card.blocks, *more]}))
        return
    finally:
        _running.pop(work_id, None)
    if shown:
        await vanish(shown)  # the result's own card says all that is worth keeping
    try:
        await then(result)
    except Exception as e:
        await announce(thread_id, problem_card(e, w.language))


async def _finish(shown: Shown | None, text: str, title: str, w: Words, again: Button | None = None) -> None:
    if shown:
        blocks: list[Block] = [Notice(text=text), *([Buttons(items=[again])] if again else [])]
        card = Card(name="progress", label=title, blocks=blocks, language=w.language)
        await repaint(shown, card)


def _progress_card(
    work_id: str, latest: dict[str, Any], w: Words, detail: Sequence[Block] = (), again: Button | None = None
) -> Card:
    stop_label, done = w("do.stop"), w("do.stopping")
    payload: dict[str, Any] = {"work": work_id}
    if again:
        payload["again"] = again.model_dump(mode="json")  # for whoever reads the card when the server is gone
    stop_button = Button(label=stop_label, action="stop_work", payload=payload, done_label=done)
    return Card(
        name="progress",
        label=latest["text"],
        blocks=[
            Bar01(share=latest["share"], text=latest["text"]),
            *detail,
            Buttons(items=[stop_button]),
        ],
        language=w.language,
    )
