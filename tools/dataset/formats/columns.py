"""Named columns: a table, or objects with keys of one's own, where one column is the question and one the answer."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from knowledge.columns import column_names
from tools.dataset.formats.base import Format, Value
from tools.dataset.formats.chat import message
from tools.errors import InputError

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


class Columns(NamedTuple):
    """Which column holds what. None: nobody said."""

    user: str | None = None
    assistant: str | None = None
    system: str | None = None
    """A system prompt put before every example."""
    system_column: str | None = None

    @property
    def named(self) -> bool:
        """Whether a person said anything about columns."""
        return self.user is not None or self.assistant is not None


def chosen(columns: Columns, there: Sequence[str]) -> Columns:
    """The columns a person named, completed by what the names of the others say.

    Raises:
        InputError: a named column is not there, or question or answer stays unknown.
    """
    shown = ", ".join(there) or "none"
    for column in filter(None, (columns.user, columns.assistant, columns.system_column)):
        if column not in there:
            raise InputError(f"there is no column {column!r}", remedy=f"Columns: {shown}.")
    rest = [c for c in there if c not in columns]
    user = columns.user or _first(rest, column_names().user)
    assistant = columns.assistant or _first([c for c in rest if c != user], column_names().assistant)
    if user is None or assistant is None:
        raise InputError(
            "which columns hold the question and the answer is not said",
            remedy=f"Name them with --user and --assistant. Columns: {shown}.",
        )
    return columns._replace(user=user, assistant=assistant)


def guess(values: Iterable[Value]) -> Columns | None:
    """The usual names among the keys; None when no question or no answer is among them."""
    there: dict[str, None] = {}
    for value in values:
        there.update(dict.fromkeys(k for k, v in value.items() if not isinstance(v, list | dict)))
    names = column_names()
    assistant = _first(there, names.assistant)
    user = _first([c for c in there if c != assistant], names.user)
    if user is None or assistant is None:
        return None
    return Columns(
        user, assistant, system_column=_first([c for c in there if c not in (user, assistant)], names.system)
    )


def by_columns(columns: Columns, name: str) -> Format:
    """The format of rows whose question and answer stand in these columns."""

    def fits(value: Value) -> bool:
        return columns.user in value and columns.assistant in value

    def read(value: Value) -> Value:
        messages = [_said("user", value.get(str(columns.user))), _said("assistant", value.get(str(columns.assistant)))]
        system = value.get(columns.system_column) if columns.system_column else columns.system
        if system is not None and str(system).strip():
            messages.insert(0, message("system", str(system)))
        return {"messages": messages}

    what = "the columns" if name != "columns" else "the keys"
    also = f', with "{columns.system_column}" as the system prompt' if columns.system_column else ""
    return Format(
        name=name,
        title={"csv": "a table (CSV)", "parquet": "a table (Parquet)"}.get(name, "objects with keys of their own"),
        shape="chat",
        technique="sft",
        signature=f'{what} "{columns.user}", read as the question, and "{columns.assistant}", as the answer{also}',
        fits=fits,
        read=read,
        write=None,
    )


def _said(role: str, cell: Any) -> Value:
    if cell is None:
        return {"role": role}
    return message(role, cell if isinstance(cell, str | list | dict) else str(cell))


def _first(there: Iterable[str], wanted: Sequence[str]) -> str | None:
    """The column with the most preferred name; whole names before last words."""
    plain = {c: "".join(_words(c)) for c in there}
    last = {c: words[-1] for c in plain if (words := _words(c))}
    for names in (plain, last):
        for name in wanted:
            found = next((c for c, n in names.items() if n == name), None)
            if found is not None:
                return found
    return None


def _words(name: str) -> list[str]:
    return [w.lower() for w in _WORDS.findall(str(name))]
