"""The dry run on the plan's card: which text is learnt, what is left out, the memory it will take."""

from tools.engine.dry_run import DryRun
from tools.engine.shown import Kind, ShownMessage
from ui.chat.cards.blocks import Block, Details, Item, ItemList, Marked, Notice, Piece, Tone
from ui.chat.words import Words, words
from ui.dry_run_text import memory_line, size_lines

MOST_CHARACTERS = 1200
"""Of one message: a card is read, not scrolled through."""
MARKS: dict[Kind, Tone] = {"read": "plain", "trained": "good", "avoided": "bad"}


def first_batch(found: DryRun, language: str = "en") -> Details:
    """Folded under the plan; a job that would not fit says so in the line that is seen."""
    w = words(language)
    blocks: list[Block] = [
        Notice(text=w("batch.intro")),
    ]
    for row in found.first_batch:
        blocks += [_message(row.line, m, w) for m in row.messages]
    blocks.append(ItemList(items=[Item(text=t) for t in [*size_lines(found), memory_line(found)]]))
    short = w("batch.short") if found.fits is False else ""
    left = w("batch.left_out", n=found.left_out) if found.left_out else ""
    return Details(summary=f"{w('batch.summary')}{left}{short}", blocks=blocks)


def _message(line: int, message: ShownMessage, w: Words) -> Marked:
    pieces: list[Piece] = []
    room = MOST_CHARACTERS
    for span in message.spans:
        tone, said = MARKS[span.kind], w(f"batch.{span.kind}") if span.kind != "read" else ""
        text = span.text if len(span.text) <= room else span.text[:room] + " […]"
        if room > 0:
            pieces.append(Piece(text=text, tone=tone, said=said))
        room -= len(span.text)
    return Marked(label=w("batch.line", line=line, role=message.role), pieces=pieces)
