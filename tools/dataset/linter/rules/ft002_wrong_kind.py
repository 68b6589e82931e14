"""FT002: not a file of JSON lines."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole

TABLES = {"csv", "parquet"}


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """The first bytes are those of something else."""
    sniffed = whole.source.sniffed
    if whole.source.readable or sniffed.kind == "empty":
        return
    remedy = (
        "Convert it with named columns: finetune-advisor convert FILE --out NEW.jsonl --user COLUMN --assistant COLUMN."
        if sniffed.kind in TABLES
        else ""
    )
    yield Found(f"this is {sniffed.words}, and training files are JSON Lines", remedy=remedy)


RULE = Rule("FT002", "error", "file", check)
