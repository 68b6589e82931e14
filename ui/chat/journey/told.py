"""What every card of the practical way has in common: which file it is about, and the same on the command line."""

import shlex

from agent.case import Case
from ui.chat.cards.blocks import Buttons, Card, Code, Details, Entries
from ui.chat.talk import Talk

KNOWN_NAME = ("findings", "cost")
"""Cards that name the file and the command by themselves."""


def told(talk: Talk, card: Card, *commands: str, dataset: str = "") -> Card:
    """A card that names its file, where a case may hold several, and can be copied into a terminal.

    Args:
        talk: the conversation.
        card: what is shown.
        commands: lines that do the same, in order; none: only the file is named.
        dataset: the file's id in the case.
    """
    blocks = list(card.blocks)
    if commands:
        title = talk.words("findings.command_line")
        same = Details(summary=title, blocks=[Code(text="\n".join(commands))])
        at = next((i for i, b in enumerate(blocks) if isinstance(b, Buttons | Entries)), len(blocks))
        blocks.insert(at, same)
    name = file_of(talk.case, dataset)
    label = card.label
    if name and card.name not in KNOWN_NAME:
        label = f"{label}: {name}"
    return card.model_copy(update={"blocks": blocks, "label": label})


def file_of(case: Case, dataset: str) -> str:
    """The name a person gave the file, with its id where the case has several; "" when it has none like this."""
    files = case.files()
    found = next((d for d in files if d.id == dataset.split(".")[0]), None)
    if found is None:
        return ""
    return f"{found.name} ({found.id})" if len(files) > 1 else found.name


def path_of(case: Case, dataset: str) -> str:
    """A file's path as a shell takes it; the id where the case does not know it."""
    return next((shlex.quote(d.path) for d in case.datasets if d.id == dataset), dataset)


def line(*parts: str) -> str:
    """One command."""
    return " ".join(["finetune-advisor", *(p for p in parts if p)])
