"""The decision record of this conversation: made, kept, and opened in a tab of its own."""

from datetime import UTC, datetime

from agent.page import decision_record
from tools.progress import Progress
from tools.report import keeping
from ui.chat.cards.blocks import Card, Item, ItemList, Text, Verdict
from ui.chat.cards.recommendation import tone_of
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.work import in_background


async def page(talk: Talk) -> None:
    """Write the page as things stand now; nothing is decided by making it."""

    def work(progress: Progress) -> keeping.Kept:
        progress(0, None, "writing the page")
        return keeping.keep(decision_record(talk.case, owner=talk.owner, now=datetime.now(UTC)), talk.owner)

    async def then(kept: keeping.Kept) -> None:
        record = kept.record
        forms = (
            ("Read it, decide, share it", ""),
            ("PDF", "/page.pdf"),
            ("HTML", "/page.html"),
            ("Markdown", "/page.md"),
        )
        blocks = [
            Verdict(sentence=record.verdict, tone=tone_of(record.decision), confidence=record.confidence),
            Text(text="One page for whoever says yes or no: options, evidence, cost, risks, what is not known."),
            ItemList(items=[Item(text=what, source="open", href=f"/page/{kept.id}{end}") for what, end in forms]),
            Text(
                text=f"Page {kept.digest[:16]}. What is said here later makes a new page; this one stays as it is.",
                muted=True,
            ),
        ]
        await announce(talk.thread_id, Card(name="page", label="The page", blocks=blocks))

    in_background(talk.thread_id, "Writing the page", work, then)
