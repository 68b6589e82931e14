"""The dry run on the plan's card: which text is learnt, what is left out, the memory it will take."""

from tools.engine.dry_run import DryRun
from tools.engine.shown import Kind, ShownMessage
from ui.chat.cards.blocks import Block, Details, Item, ItemList, Marked, Notice, Piece, Tone
from ui.dry_run_text import memory_line, size_lines

MOST_CHARACTERS = 1200
"""Of one message: a card is read, not scrolled through."""
MARKS: dict[Kind, tuple[Tone, str]] = {
    "read": ("plain", ""),
    "trained": ("good", "learnt"),
    "avoided": ("bad", "learnt to be avoided"),
}


def first_batch(found: DryRun) -> Details:
    """Folded under the plan; a job that would not fit says so in the line that is seen."""
    blocks: list[Block] = [
        Notice(text="Underlined: learnt. Struck through: learnt to be avoided. All else is only read."),
    ]
    for row in found.first_batch:
        blocks += [_message(row.line, m) for m in row.messages]
    blocks.append(ItemList(items=[Item(text=t) for t in [*size_lines(found), memory_line(found)]]))
    short = " It may not fit into memory." if found.fits is False else ""
    left = f" {found.left_out:,} rows are left out." if found.left_out else ""
    return Details(summary=f"The first batch: what is learnt.{left}{short}", blocks=blocks)


def _message(line: int, message: ShownMessage) -> Marked:
    pieces: list[Piece] = []
    room = MOST_CHARACTERS
    for span in message.spans:
        tone, said = MARKS[span.kind]
        text = span.text if len(span.text) <= room else span.text[:room] + " […]"
        if room > 0:
            pieces.append(Piece(text=text, tone=tone, said=said))
        room -= len(span.text)
    return Marked(label=f"line {line}, {message.role}", pieces=pieces)
