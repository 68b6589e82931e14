"""Chainlit's callbacks: sign-in, profiles, starters, messages, files, clicks, coming back to a thread."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit.context import init_ws_context
from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict

from tools.errors import AdvisorError
from tools.records import database
from ui.chat import clicks, commands, journey
from ui.chat.cards.blocks import Card, Notice
from ui.chat.files import HomeFiles
from ui.chat.render import Turn
from ui.chat.show import announce, mark_clicked, mirror
from ui.chat.store import ThreadStore, make_tables
from ui.chat.talk import Talk, talk_for
from ui.chat.uploads import take_in
from ui.chat.work import close_interrupted, problem_card
from ui.web.users import LOCAL_USER, password_is_right

PROMISE = """### Should you fine-tune? Let's find out, with your own data.
Usually the answer is "not yet", and then you will know what to do instead. About three questions to a first answer.
It works without a key, and nothing leaves this computer unless you set a model endpoint."""
PROFILES = {
    "Newcomer": "**New to this:** plain words, one question at a time.",
    "Practitioner": "**Setting up a job:** your file checked, a plan, a run, a score.",
    "Decision-maker": "**Reviewing a recommendation:** the verdict, what it costs, what could go wrong.",
}
STARTERS = {
    "Should I fine-tune?": "Should I fine-tune?",
    "Set up a job": "I want to set up a training job with my own file.",
    "Review a recommendation": "I have to decide whether fine-tuning is worth it. What do I need to know?",
    "Teach me (2 minutes)": "Teach me",
    "Show me the whole way (example data)": "Show me the whole way with the example data.",
}
STOPPED = Card(name="stopped", label="Stopped", blocks=[Notice(text="Stopped. What was noted before is kept.")])


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
    async def sign_in_here(_headers: Any) -> cl.User | None:
        """On this computer alone: you. The guard has let only loopback hosts through."""
        return cl.User(identifier=LOCAL_USER, display_name="you")


@cl.set_chat_profiles
async def profiles(_user: Any, _language: Any = None) -> list[cl.ChatProfile]:
    """Three kinds of people."""
    return [
        cl.ChatProfile(
            name=name,
            icon="/public/favicon.svg",
            markdown_description=f"{PROMISE}\n\n{text}",
            starters=[cl.Starter(label=k, message=v) for k, v in STARTERS.items()],
        )
        for name, text in PROFILES.items()
    ]


async def _talk() -> Talk:
    session = cl.context.session
    owner = session.user.identifier if session.user else LOCAL_USER
    return await talk_for(session.thread_id, owner, cl.user_session.get("chat_profile"))


@cl.on_chat_start
async def started() -> None:
    """Nothing is said before the person speaks: the first screen says what this is."""
    await cl.context.emitter.set_commands(commands.listed())


@cl.on_message
async def said(message: cl.Message) -> None:
    """A sentence, a file, or both."""
    thread_id = cl.context.session.thread_id
    try:
        await mirror(thread_id, message)
        talk = await _talk()
        text = (message.content or "").strip()
        for element in message.elements or []:
            if element.path:
                ref = take_in(talk.case, Path(element.path), element.name)
                await journey.check(talk, ref)
        if command := commands.wanted(text, message.command):
            await commands.COMMANDS[command].do(talk)
        elif text == STARTERS["Show me the whole way (example data)"]:
            await journey.example(talk)
        elif text:
            async with talk.turn() as conversation:
                await Turn(talk).play(conversation.say(text))
    except Exception as e:
        await announce(thread_id, problem_card(e))


@cl.on_chat_resume
async def came_back(thread: ThreadDict) -> None:
    """Cards come back from the store; jobs that still run are painted again, work that a restart ended is said."""
    try:
        await cl.context.emitter.set_commands(commands.listed())
        close_interrupted(thread)
        journey.follow_all(await _talk())
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
        await announce(session.thread_id, STOPPED)


def _on_click(name: str, handler: Callable[[Talk, dict[str, Any]], Awaitable[None]]) -> None:
    async def callback(action: cl.Action) -> dict[str, str | None]:
        thread_id = cl.context.session.thread_id
        payload = dict(action.payload)
        try:
            talk = await _talk()
            await handler(talk, payload)
        except AdvisorError as e:
            return {"problem": str(e)}
        except Exception as e:
            await announce(thread_id, problem_card(e))
            return {"problem": None}
        label = payload.get("label")
        if isinstance(label, str) and not payload.get("again"):
            await mark_clicked(talk.thread_id, payload.get("card"), label)
        return {"problem": None}

    cl.action_callback(name)(callback)


for _name, _handler in clicks.CLICKS.items():
    _on_click(_name, _handler)
