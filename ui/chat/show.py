"""Sending cards, and painting them anew in every open window of a thread."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import chainlit as cl
from chainlit.context import ChainlitContext, context_var, init_http_context, init_ws_context
from chainlit.data import get_data_layer
from chainlit.session import ws_sessions_id

from ui.chat.cards.blocks import Card
from ui.chat.said import spoken
from ui.chat.words import Words

NAME = "Finetune Advisor"


class Shown:
    """A card on screen: its element, the message it hangs on, and the thread it belongs to."""

    def __init__(self, thread_id: str, card: Card) -> None:
        self.thread_id = thread_id
        self.card = card
        self.id = str(uuid.uuid4())
        self.for_id = ""
        self.clicked: str | None = None

    def element(self) -> cl.CustomElement:
        """The element as it stands; needs a Chainlit context."""
        props = {**spoken(self.card.props()), "card_id": self.id, "clicked": self.clicked}
        element = cl.CustomElement(
            id=self.id, thread_id=self.thread_id, name="Card", props=props, display="inline", for_id=self.for_id
        )
        element.content = json.dumps(props)
        return element


async def _send(shown: list[Shown], text: str) -> cl.Message:
    message = cl.Message(content=text, author=NAME)
    for s in shown:
        s.for_id = message.id
    await send_in_order(message, shown)
    return message


async def send_in_order(message: cl.Message, shown: list[Shown]) -> None:
    """Send a message, then its cards one by one: sent together they land in any order, a question above its verdict."""
    await message.send()
    for s in shown:
        await s.element().send(for_id=message.id)


async def repaint(shown: Shown, card: Card | None = None, *, keep: bool = True) -> None:
    """Draw a card anew in every open window of its thread, and keep it for a restart when `keep`."""
    if card is not None:
        shown.card = card
    for session in list(ws_sessions_id.values()):
        if session.thread_id == shown.thread_id:
            with _speaking_to(session, shown.thread_id):
                await cl.context.emitter.emit("element", shown.element().to_dict())
    layer = get_data_layer()
    if keep and layer:
        with _speaking_to(None, shown.thread_id):
            await layer.create_element(shown.element())


async def vanish(shown: Shown) -> None:
    """Take a card and its message away, from every open window and from the store."""
    for session in list(ws_sessions_id.values()):
        if session.thread_id == shown.thread_id:
            await _beside(session).delete_step({"id": shown.for_id})
    layer = get_data_layer()
    if layer:
        with _speaking_to(None, shown.thread_id):
            await layer.delete_step(shown.for_id)


async def announce(thread_id: str, *cards: Card, text: str = "") -> list[Shown]:
    """Send a message to every open window of a thread; with none open it is stored for the next visit."""
    sessions = [s for s in list(ws_sessions_id.values()) if s.thread_id == thread_id]
    with _speaking_to(sessions[0] if sessions else None, thread_id):
        shown = [Shown(thread_id, card) for card in cards]
        message = await _send(shown, text)
        await mirror(thread_id, message, shown)
    return shown


def on_screen(thread_id: str) -> bool:
    """Whether a window shows this thread now."""
    return any(s.thread_id == thread_id for s in list(ws_sessions_id.values()))


@contextmanager
def _speaking_to(session: Any, thread_id: str) -> Iterator[None]:
    """Chainlit's context for one window, or for the store alone; the caller's own comes back afterwards."""
    before = context_var.get(None)
    if session is None:
        init_http_context(thread_id=thread_id)
    else:
        init_ws_context(session)
    try:
        yield
    finally:
        if before is not None:
            context_var.set(before)


async def mirror(thread_id: str, message: cl.Message, shown: list[Shown] | None = None) -> None:
    """Show a message and its cards, already sent to one window, in the thread's other windows."""
    here = cl.context.session
    for session in list(ws_sessions_id.values()):
        if session.thread_id == thread_id and session is not here:
            emitter = _beside(session)
            await emitter.send_step(message.to_dict())
            for s in shown or []:
                await emitter.emit("element", s.element().to_dict())


def _beside(session: Any) -> Any:
    """Another window's emitter; the context of the caller stays."""
    return ChainlitContext(session).emitter


async def show_click(label: str, w: Words) -> None:
    """A click stands in the talk like a sentence said."""
    message = await cl.Message(content=label, type="user_message", author=w("you")).send()
    await mirror(cl.context.session.thread_id, message)


async def mark_clicked(thread_id: str, card_id: Any, label: str) -> None:
    """Remember on the stored card which button was used, so that it stays dead after a restart."""
    if isinstance(card_id, str):
        await alter(thread_id, card_id, lambda props: {**props, "clicked": label})


async def alter(thread_id: str, card_id: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Draw a card anew as `change` makes it of what is stored, in every open window, and keep it so."""
    layer: Any = get_data_layer()
    row = await layer.get_element(thread_id, card_id) if layer else None
    if row and row.get("props"):
        props = change(row["props"])
        element = cl.CustomElement(
            id=card_id, thread_id=thread_id, name="Card", props=props, display="inline", for_id=row.get("forId")
        )
        element.content = json.dumps(props)
        await layer.create_element(element)
        for session in list(ws_sessions_id.values()):
            if session.thread_id == thread_id:
                await _beside(session).emit("element", element.to_dict())
