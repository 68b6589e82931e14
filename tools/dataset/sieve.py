"""The compiled pass over chat files, and what stands in for it where there is no compiler.

`sieve.c` settles the sound lines of a block in about a nanosecond a byte, and says of each what `Sifted` holds. It is
compiled when the project is installed. Without it every line goes through the gate, which finds the same and needs a
few times as long.
"""

import os
from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

try:
    from tools.dataset import _sieve
except ImportError:
    _sieve = None  # type: ignore[assignment]

COMPILED = _sieve is not None
ROLES = ("system", "user", "assistant", "tool")
_ROOM = 32
"""Bytes that sieve.c may write beyond the texts."""
_TOOL_ROWS = 14
"""The last column: the rows that hold definitions or calls."""
_CALL_BYTES = 48
"""A call takes more than this in the file."""
SEED = int.from_bytes(os.urandom(8))
"""Hashes hold within one process only, so nobody can make examples that seem to repeat each other."""


class Call(NamedTuple):
    """One call in a line that was let through."""

    name: str
    arguments: str


class WithTools(NamedTuple):
    """A line that was let through with definitions or calls of tools."""

    row: int
    """Which of the lines that were let through."""
    definitions: bytes
    """As they stand in the file; empty where there are none."""
    keys: int
    """How many keys they hold."""
    calls: list[Call]


class Sifted(NamedTuple):
    """The lines of a block that were let through: columns, each list one entry a line."""

    indexes: list[int]
    """Which lines of the block."""
    keys: list[int]
    """Hash of all that is taught, tools not included."""
    prompts: list[int]
    """Hash of the input, tools not included."""
    orders: list[int]
    """The roles, see `roles_of`."""
    ends: list[int]
    """How many of the texts stand before the end of each line."""
    answer_chars: list[int]
    answers: list[str | None]
    """Without space around them, None where they hold calls; empty when they were not asked for."""
    systems: dict[str, list[int]]
    """System prompt -> rows."""
    tools: list[WithTools]
    texts: bytes
    """Joined by the mark."""


class Sieve:
    """Sifts block after block into the same room.

    Args:
        mark: what joins texts: at most 8 bytes with a NUL among them, which no text of a sound line holds.
    """

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._texts = self._rows = self._calls = bytearray()

    def sift(self, block: bytes, lines: int, skip: Collection[int], *, answers: bool) -> Sifted:
        """Let through what is surely sound.

        Args:
            block: whole lines, the last without its line break.
            lines: how many.
            skip: indexes of lines to leave out.
            answers: whether the answers are wanted.
        """
        if len(self._texts) < len(block) + _ROOM:
            self._texts = bytearray(len(block) + _ROOM)
            self._calls = bytearray(len(block) // _CALL_BYTES * _sieve.CALL_COLUMNS * 8)
        if len(self._rows) < lines * _sieve.COLUMNS * 8:
            self._rows = bytearray(lines * _sieve.COLUMNS * 8)
        skipped = bytearray(max(skip) + 1 if skip else 0)
        for index in skip:
            skipped[index] = 1
        n, with_tools, size = _sieve.sift(block, skipped, self._mark, SEED, self._texts, self._rows, self._calls)
        rows = memoryview(self._rows).cast("q")
        room = len(rows) // _sieve.COLUMNS
        columns = [rows[i * room : i * room + n] for i in range(_sieve.COLUMNS)]
        indexes, keys, prompts, orders, ends, answer_at, answer_bytes, answer_chars, system_at, system_bytes = columns[
            :10
        ]
        texts = bytes(memoryview(self._texts)[:size])
        places = zip(answer_at, answer_bytes, strict=True) if answers else ()
        return Sifted(
            indexes.tolist(),
            keys.tolist(),
            prompts.tolist(),
            orders.tolist(),
            ends.tolist(),
            answer_chars.tolist(),
            [str(texts[at : at + size], "utf-8") if size >= 0 else None for at, size in places],
            _distinct(texts, system_at, system_bytes),
            self._tools(block, texts, columns, rows[_TOOL_ROWS * room : _TOOL_ROWS * room + with_tools].tolist()),
            texts,
        )

    def _tools(
        self, block: bytes, texts: bytes, columns: "Sequence[memoryview[int]]", rows: Iterable[int]
    ) -> list[WithTools]:
        places, sizes, keys, calls_before = columns[10:14]
        made = memoryview(self._calls).cast("q")
        found, before = [], 0
        for row in rows:
            at, size, after = places[row], sizes[row], calls_before[row]
            calls = []
            for i in range(before, after):
                name, name_size, arguments, arguments_size = made[4 * i : 4 * i + 4]
                calls.append(
                    Call(
                        str(texts[name : name + name_size], "utf-8"),
                        str(texts[arguments : arguments + arguments_size], "utf-8"),
                    )
                )
            found.append(WithTools(row, block[at : at + size] if size >= 0 else b"", keys[row], calls))
            before = after
        return found


def _distinct(texts: bytes, places: Sequence[int], sizes: Sequence[int]) -> dict[str, list[int]]:
    """Text -> rows of it, of those whose size is not -1."""
    found: dict[bytes, list[int]] = {}
    for row, (at, size) in enumerate(zip(places, sizes, strict=True)):
        if size >= 0:
            text = texts[at : at + size]
            if text in found:
                found[text].append(row)
            else:
                found[text] = [row]
    return {str(text, "utf-8"): rows for text, rows in found.items()}


def roles_of(order: int) -> tuple[str, ...]:
    """The roles of a line, from its number in `orders`."""
    return tuple(ROLES[order >> 5 + 2 * turn & 3] for turn in range(order & 31))


def conversation(turns: Iterable[tuple[str, str]]) -> int:
    """The same 64 bits, signed, for the same roles and texts; only within one process."""
    if not COMPILED:
        return hash(tuple(turns))
    digested = SEED
    for role, said in turns:
        digested = _sieve.digest(digested, role.encode("utf-8", "surrogatepass"))
        digested = _sieve.digest(digested, said.encode("utf-8", "surrogatepass"))
    return _sieve.finish(digested)


def breaks(text: bytes) -> Sequence[int]:
    """Where the line breaks stand."""
    if COMPILED:
        return memoryview(_sieve.breaks(text)).cast("q")
    found: list[int] = []
    find, at = text.find, -1
    while (at := find(b"\n", at + 1)) >= 0:
        found.append(at)
    return found


def may_repeat(column: "array[int]") -> Iterable[int]:
    """Places of the values of a column, of 4 or 8 bytes each, that may stand there more than once; all, uncompiled."""
    return memoryview(_sieve.repeated(column, column.itemsize)).cast("q") if COMPILED else range(len(column))
