"""What columns are usually called: knowledge/columns.yaml as a frozen record."""

from functools import cache

from knowledge.load import Record, read


class ColumnNames(Record):
    """Usual names by what the column holds, in order of preference."""

    user: tuple[str, ...]
    assistant: tuple[str, ...]
    system: tuple[str, ...]
    replies: tuple[str, ...]
    """Names that hold an answer to learn even beside "prompt"."""


@cache
def column_names() -> ColumnNames:
    """The names."""
    return read("columns.yaml", ColumnNames)
