"""The decision record of this conversation: made, kept, and opened in a tab of its own."""

from datetime import UTC, datetime

import chainlit as cl

from agent.page import decision_record
from tools.progress import Progress
from tools.report import keeping
from ui.chat.cards.blocks import Buttons, Card, Code, Item, ItemList, Text, Verdict
from ui.chat.cards.recommendation import tone_of
from ui.chat.journey.beside import beside_button
from ui.chat.journey.told import line, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.work import in_background


async def link(talk: Talk) -> None:
    """The address of this conversation, to come back to it."""
    w = talk.words
    heard = getattr(cl.context.session, "environ", {})
    scheme = "https" if heard.get("HTTP_ORIGIN", "").startswith("https:") else "http"
    address = f"{scheme}://{heard.get('HTTP_HOST', 'localhost:8000')}/thread/{talk.thread_id}"
    blocks = [Text(text=w("link.what")), Code(text=address), Text(text=w("link.other"), muted=True)]
    await announce(talk.thread_id, Card(name="link", label=w("link.label"), blocks=[*blocks], language=w.language))


async def page(talk: Talk) -> None:
    """Write the page as things stand now; nothing is decided by making it."""
    w = talk.words

    def work(progress: Progress) -> keeping.Kept:
        progress(0, None, "writing the page")
        return keeping.keep(decision_record(talk.case, owner=talk.owner, now=datetime.now(UTC)), talk.owner)

    async def then(kept: keeping.Kept) -> None:
        record = kept.record
        forms = (
            (w("page.read"), ""),
            ("PDF", "/page.pdf"),
            ("HTML", "/page.html"),
            ("Markdown", "/page.md"),
        )
        blocks = [
            Verdict(
                sentence=record.verdict, tone=tone_of(record.decision), confidence=w(f"confidence.{record.confidence}")
            ),
            Text(text=w("page.what")),
            ItemList(items=[Item(text=what, source=w("open"), href=f"/page/{kept.id}{end}") for what, end in forms]),
            *([Buttons(items=other)] if (other := beside_button(talk.case.id, talk.owner, w)) else []),
            Text(text=w("page.digest", digest=kept.digest[:16]), muted=True),
        ]
        card = Card(name="page", label=w("page.label"), blocks=blocks, language=w.language)
        await announce(talk.thread_id, told(talk, card, line("report", talk.case.id, "-o page.html")))

    in_background(talk.thread_id, w("work.page"), work, then, language=w.language)
