"""FT002: not a file of JSON lines."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.dataset.table import Table

REMEDIES = {
    "workbook": "Save its sheet as CSV (UTF-8) and check that.",
    "office": "If it is a workbook, save its sheet as CSV (UTF-8) and check that.",
    "zip": "Unpack it and check the file inside.",
    "web": "Fetch the file again: the address gave a page instead of it.",
}
AGAIN = "Fetch or export the file again."


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The first bytes are those of something else."""
    source = whole.source
    if source.readable or source.sniffed.kind == "empty":
        return
    if isinstance(source, Table):
        damage = source.damage.rstrip(".")
        yield Found(f"this is {source.sniffed.words} that cannot be read: {damage}", remedy=AGAIN)
        return
    remedy = REMEDIES.get(source.sniffed.kind, "")
    yield Found(f"this is {source.sniffed.words}, and training files are JSON Lines", remedy=remedy)


RULE = Rule("FT002", "error", "file", check)
