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
    systems: list[int]
    """The first line with the same system prompt as this one, as far as that was noticed."""
    system_texts: dict[int, str]
    """Such a first line -> the system prompt; nothing where there is none."""
    tools: list[WithTools]
    texts: bytes
    """Joined by the mark; empty when they were not asked for."""


class Sieve:
    """Sifts block after block into the same room.

    Args:
        mark: what joins texts: at most 8 bytes with a NUL among them, which no text of a sound line holds.
    """

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._texts = self._rows = self._calls = bytearray()

    def sift(
        self, block: bytes, lines: int, skip: Collection[int] = (), *, texts: bool = True, answers: bool = True
    ) -> Sifted:
        """Let through what is surely sound.

        Args:
            block: whole lines, the last without its line break.
            lines: how many.
            skip: indexes of lines to leave out.
            texts: whether the texts are wanted.
            answers: whether the answers are.
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
        starts = range(0, _sieve.COLUMNS * room, room)
        indexes, keys, prompts, orders, ends, answer_at, answer_bytes, answer_chars = (
            rows[start : start + n].tolist() for start in starts[:8]
        )
        system_at, system_bytes, system_as, *tools = (rows[start : start + n] for start in starts[8:])
        systems = system_as.tolist()
        written = memoryview(self._texts)[:size]
        return Sifted(
            indexes,
            keys,
            prompts,
            orders,
            ends,
            answer_chars,
            [_text(written, *place) if place[1] >= 0 else None for place in zip(answer_at, answer_bytes, strict=True)]
            if answers
            else [],
            systems,
            {row: _text(written, system_at[row], system_bytes[row]) for row in {*systems} if system_bytes[row] >= 0},
            self._tools(block, written, tools, with_tools),
            bytes(written) if texts else b"",
        )

    def _tools(
        self, block: bytes, texts: "memoryview[int]", columns: "Sequence[memoryview[int]]", size: int
    ) -> list[WithTools]:
        tools_at, tools_bytes, tools_keys, calls_before, rows = columns
        made = memoryview(self._calls).cast("q")
        found, before = [], 0
        for row in rows[:size].tolist():
            at, length, after = tools_at[row], tools_bytes[row], calls_before[row]
            places = [made[4 * i : 4 * i + 4] for i in range(before, after)]
            calls = [Call(_text(texts, p[0], p[1]), _text(texts, p[2], p[3])) for p in places]
            found.append(WithTools(row, block[at : at + length] if length >= 0 else b"", tools_keys[row], calls))
            before = after
        return found


def _text(texts: "memoryview[int]", at: int, size: int) -> str:
    return str(texts[at : at + size], "utf-8")


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
