"""Chainlit's callbacks: sign-in, profiles, starters, messages, files, clicks, coming back to a thread."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit.types import ThreadDict

from tools.errors import AdvisorError
from tools.records import database
from ui.chat import clicks, journey
from ui.chat.files import HomeFiles
from ui.chat.render import Turn
from ui.chat.show import announce, mark_clicked
from ui.chat.store import ThreadStore, make_tables
from ui.chat.talk import Talk, talk_for
from ui.chat.uploads import take_in
from ui.chat.work import problem_card
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
    "Show me the whole way (example data)": "Show me the whole way with the example data.",
}


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
        return cl.User(identifier=LOCAL_USER)


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


@cl.on_message
async def said(message: cl.Message) -> None:
    """A sentence, a file, or both."""
    talk = await _talk()
    try:
        for element in message.elements or []:
            if element.path:
                ref = take_in(talk.case, Path(element.path), element.name)
                await journey.check(talk, ref)
        text = (message.content or "").strip()
        if text == STARTERS["Show me the whole way (example data)"]:
            await journey.example(talk)
        elif text:
            async with talk.turn() as conversation:
                await Turn(talk).play(conversation.say(text))
    except Exception as e:
        await announce(talk.thread_id, problem_card(e))


@cl.on_chat_resume
async def came_back(_thread: ThreadDict) -> None:
    """Cards come back from the store; jobs that still run are painted again."""
    talk = await _talk()
    journey.follow_all(talk)


@cl.on_stop
async def stopped() -> None:
    """Stop ends what is being said; training and long checks have their own buttons."""


def _on_click(name: str, handler: Callable[[Talk, dict[str, Any]], Awaitable[None]]) -> None:
    async def callback(action: cl.Action) -> dict[str, str | None]:
        talk = await _talk()
        payload = dict(action.payload)
        try:
            await handler(talk, payload)
        except AdvisorError as e:
            return {"problem": str(e)}
        except Exception as e:
            await announce(talk.thread_id, problem_card(e))
            return {"problem": None}
        label = payload.get("label")
        if isinstance(label, str) and not payload.get("again"):
            await mark_clicked(talk.thread_id, payload.get("card"), label)
        return {"problem": None}

    cl.action_callback(name)(callback)


for _name, _handler in clicks.CLICKS.items():
    _on_click(_name, _handler)
