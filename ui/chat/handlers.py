"""Chainlit's callbacks: sign-in, profiles, starters, messages, files, clicks, coming back to a thread."""

import os
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit.context import init_ws_context
from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict

from agent.said import said as in_language
from tools.errors import AdvisorError
from tools.records import database
from ui.chat import clicks, commands, journey
from ui.chat.cards.blocks import Card, Notice
from ui.chat.files import HomeFiles
from ui.chat.render import Turn
from ui.chat.show import announce, mark_clicked, mirror
from ui.chat.store import ThreadStore, make_tables
from ui.chat.talk import PERSONAS, Talk, talk_for
from ui.chat.uploads import is_document, take_in
from ui.chat.words import LANGUAGES, Words, of_browser, words
from ui.chat.work import close_interrupted, problem_card
from ui.web.users import LOCAL_USER, password_is_right

PICTURE = "/public/avatars/you.svg"
STARTERS = ("should_i", "set_up", "review", "teach", "whole_way")


@cl.data_layer
def threads() -> ThreadStore:
    """Where threads are kept."""
    url = database.address().render_as_string(hide_password=False)
    make_tables(url)
    return ThreadStore(url, HomeFiles())


if os.environ.get("ADVISOR_SIGN_IN", "local") == "password":

    @cl.password_auth_callback
    async def sign_in(name: str, password: str) -> cl.User | None:
        """People added with `finetune-advisor users add`."""
        import asyncio

        if await asyncio.to_thread(password_is_right, name, password):
            return cl.User(identifier=name.strip())
        return None

else:

    @cl.header_auth_callback
    async def sign_in_here(headers: Any) -> cl.User | None:
        """On this computer alone: you. The guard has let only loopback hosts through."""
        first = re.split("[,;]", headers.get("accept-language") or "")[0]
        # Without a picture the first letter of the name stands there: of "you" it says nothing.
        return cl.User(identifier=LOCAL_USER, display_name=of_browser(first)("you"), metadata={"image": PICTURE})


@cl.set_chat_profiles
async def profiles(_user: Any, language: Any = None) -> list[cl.ChatProfile]:
    """Three kinds of people, in the browser's language; the name is what a case remembers, in any of them."""
    w = of_browser(language)
    starters = [cl.Starter(label=w(f"start.{s}"), message=w(f"start.{s}_says")) for s in STARTERS]
    return [
        cl.ChatProfile(
            name=name,
            display_name=w(f"start.{persona}_name"),
            icon="/public/favicon.svg",
            markdown_description=f"{w('start.promise')}\n\n{w(f'start.{persona}')}",
            starters=starters,
        )
        for name, persona in PERSONAS.items()
    ]


def _wants_the_whole_way(text: str) -> bool:
    """The starter's own sentence, in any language."""
    return any(text == words(language)("start.whole_way_says") for language in LANGUAGES)


def _first_words() -> Words:
    """Before the person has spoken: the browser's language."""
    return of_browser(getattr(cl.context.session, "language", None))


async def _talk() -> Talk:
    session = cl.context.session
    owner = session.user.identifier if session.user else LOCAL_USER
    return await talk_for(
        session.thread_id, owner, cl.user_session.get("chat_profile"), language=_first_words().language
    )


async def _problem(error: Exception) -> Card:
    """In the language of the talk, or of the browser when the talk itself cannot be read."""
    language = _first_words().language
    with suppress(Exception):  # what is stored may be what is wrong
        language = (await _talk()).case.language
    return problem_card(error, language)


@cl.on_chat_start
async def started() -> None:
    """Nothing is said before the person speaks: the first screen says what this is."""
    await cl.context.emitter.set_commands(commands.listed(_first_words()))


@cl.on_message
async def said(message: cl.Message) -> None:
    """A sentence, a file, or both."""
    thread_id = cl.context.session.thread_id
    try:
        await mirror(thread_id, message)
        await cl.context.emitter.send_window_message({"faThread": thread_id})
        talk = await _talk()
        text = (message.content or "").strip()
        refs = [take_in(talk.case, Path(e.path), e.name) for e in message.elements or [] if e.path]
        command = commands.wanted(text, message.command)
        prose = [ref for ref in refs if is_document(ref) and command != "lint"]
        for ref in refs:
            if ref not in prose:
                await journey.check(talk, ref)
        if prose and command != "raft":  # whose form shows them
            await journey.documents(talk, prose)
        if command == "lint" and message.elements:
            pass  # the file that came with it has just been checked
        elif command:
            await commands.run(talk, command, text, message.command)
        elif _wants_the_whole_way(text):
            await journey.rehearse(talk)
        elif text:
            async with talk.turn() as conversation:
                await Turn(talk).play(conversation.say(text))
    except Exception as e:
        await announce(thread_id, await _problem(e))


@cl.on_chat_resume
async def came_back(thread: ThreadDict) -> None:
    """Cards come back from the store; jobs that still run are painted again, work that a restart ended is said."""
    try:
        await cl.context.emitter.set_commands(commands.listed(_first_words()))
        close_interrupted(thread)
        talk = await _talk()
        await talk.refresh()
        journey.follow_all(talk)
    except Exception as e:
        problem_card(e)  # logs; the stored cards still come back, and the next message says it


@sio.on("stop")
async def stopped(sid: str) -> None:
    """Stop ends what is being said; training and long checks have buttons of their own.

    In place of Chainlit's, whose sentence is stored as it is and cannot be changed.
    """
    if session := WebsocketSession.get(sid):
        init_ws_context(session)
        if session.current_task:
            session.current_task.cancel()
        w = (await _talk()).words
        blocks = [Notice(text=w("work.stop_text"))]
        label = w("work.stop_label")
        await announce(session.thread_id, Card(name="stopped", label=label, blocks=[*blocks], language=w.language))


def _on_click(name: str, handler: Callable[[Talk, dict[str, Any]], Awaitable[None]]) -> None:
    async def callback(action: cl.Action) -> dict[str, str | None]:
        thread_id = cl.context.session.thread_id
        payload = dict(action.payload)
        language = _first_words().language
        try:
            talk = await _talk()
            language = talk.case.language
            await handler(talk, payload)
        except AdvisorError as e:
            return {"problem": in_language(str(e), language)}
        except Exception as e:
            await announce(thread_id, await _problem(e))
            return {"problem": None}
        label = payload.get("label")
        if isinstance(label, str) and not payload.get("again"):
            await mark_clicked(talk.thread_id, payload.get("card"), label)
        return {"problem": None}

    cl.action_callback(name)(callback)


for _name, _handler in clicks.CLICKS.items():
    _on_click(_name, _handler)
