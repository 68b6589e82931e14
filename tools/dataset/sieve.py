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
    """A line that was let through with definitions or calls of tools that are still to be judged."""

    row: int
    """Which of the lines that were let through."""
    line: int
    """Its index in the block."""
    definitions: bytes
    """As they stand in the file; empty where there are none."""
    keys: int
    """How many keys they hold."""
    calls: list[Call]


class Costs(NamedTuple):
    """Tokens that the chat format adds, the roles' names included, and those of definitions beside their texts."""

    system: int = 0
    user: int = 0
    assistant: int = 0
    tool: int = 0
    example: int = 0
    """Once, beside those of each turn."""
    definitions: int = 0
    """Once, where there are some; the others for each of them, as `tools.tokens.tool_text` says."""
    definition: int = 0
    parameters: int = 0
    property: int = 0
    enum: int = 0
    enum_item: int = 0


class Sifted(NamedTuple):
    """The lines of a block that were let through: columns with one entry a line, and what concerns some of them."""

    left: list[int]
    """Indexes of the other lines."""
    keys: "array[int]"
    """Hash of all that is taught; definitions of tools are included where they are judged."""
    prompts: "array[int]"
    """Hash of the input, the same with tools."""
    fixed: "array[int]"
    """Tokens of the chat format, see `Costs`."""
    answer_chars: "array[int]"
    ends: "array[int]"
    """How many of the texts stand before the end of each line."""
    answers: list[str]
    """Without space around them; empty when they were not asked for."""
    systems: list[tuple[str, int, int]]
    """(system prompt, index of the first line with it, how many have it); equal ones are told as far as was noticed."""
    roles: tuple[int, ...]
    """Turns of each of ROLES."""
    tools: list[WithTools]
    defined: int
    """How many have definitions that are judged already: sound, as are the calls; their texts are among the texts."""
    texts: "memoryview[int]"
    """In UTF-8, joined by the mark; they stand there until the next block is sifted."""


class Sieve:
    """Sifts block after block into the same room.

    Args:
        mark: what joins texts: at most 8 bytes with a NUL among them, which no text of a sound line holds.
        costs: what the chat format costs; nothing when None.
    """

    def __init__(self, mark: bytes, costs: Costs | None = None) -> None:
        self._mark, self._costs = mark, costs or Costs()
        self._texts = self._rows = self._calls = bytearray()

    def sift(self, block: bytes, lines: int, skip: Collection[int] = (), *, answers: bool = True) -> Sifted:
        """Let through what is surely sound.

        Args:
            block: whole lines, the last without its line break.
            lines: how many.
            skip: indexes of lines to leave out.
            answers: whether the answers are; then a line whose answer holds calls is left out.
        """
        if len(self._texts) < len(block) + _ROOM:
            self._texts = bytearray(len(block) + _ROOM)
            self._calls = bytearray(len(block) // _CALL_BYTES * _sieve.CALL_COLUMNS * 8)
        if len(self._rows) < lines * _sieve.COLUMNS * 8:
            self._rows = bytearray(lines * _sieve.COLUMNS * 8)
        skipped = bytearray(max(skip) + 1 if skip else 0)
        for index in skip:
            skipped[index] = 1
        passed, left, systems, tools, defined, size, roles = _sieve.sift(
            block, skipped, self._mark, SEED, self._costs, answers, self._texts, self._rows, self._calls
        )
        rows, written = memoryview(self._rows), memoryview(self._texts)[:size]
        room = len(rows) // _sieve.COLUMNS
        keys, prompts, fixed, chars, ends = (
            array(code, bytes(rows[i * room : i * room + passed * width]))
            for i, (code, width) in enumerate((("q", 8), ("q", 8), ("I", 4), ("I", 4), ("I", 4)))
        )
        return Sifted(
            _table(rows, _sieve.LEFT, left),
            keys,
            prompts,
            fixed,
            chars,
            ends,
            [
                _text(written, *place)
                for place in zip(
                    _table(rows, _sieve.ANSWERS, passed), _table(rows, _sieve.ANSWERS + 1, passed), strict=True
                )
            ]
            if answers
            else [],
            [
                (_text(written, at, length), index, times)
                for index, at, length, times in _entries(_table(rows, _sieve.SYSTEMS, 4 * systems), 4)
            ],
            roles,
            self._tools(block, written, _table(rows, _sieve.TOOLS, 6 * tools)) if tools else [],
            defined,
            written,
        )

    def _tools(self, block: bytes, texts: "memoryview[int]", table: list[int]) -> list[WithTools]:
        made = memoryview(self._calls).cast("q")[: _sieve.CALL_COLUMNS * table[-1]].tolist()
        all_calls = [Call(_text(texts, *c[:2]), _text(texts, *c[2:])) for c in _entries(made, _sieve.CALL_COLUMNS)]
        found, before = [], 0
        for row, index, at, length, keys, after in _entries(table, 6):
            found.append(WithTools(row, index, block[at : at + length], keys, all_calls[before:after]))
            before = after
        return found


def _table(rows: "memoryview[int]", column: int, size: int) -> list[int]:
    """So many of the numbers that stand from a column on."""
    start = column * (len(rows) // _sieve.COLUMNS)
    return rows[start : start + 8 * size].cast("q").tolist()


def _entries(table: list[int], columns: int) -> Iterable[tuple[int, ...]]:
    return zip(*[iter(table)] * columns, strict=True)


def _text(texts: "memoryview[int]", at: int, size: int) -> str:
    return str(texts[at : at + size], "utf-8")


def conversation(turns: Iterable[tuple[str, str]]) -> int:
    """The same 64 bits, signed, for the same roles and texts; only within one process."""
    if not COMPILED:
        return hash(tuple(turns))
    digested = SEED
    for role, said in turns:
        digested = _sieve.digest(digested, role.encode("utf-8", "surrogatepass"))
        digested = _sieve.digest(digested, said.encode("utf-8", "surrogatepass"))
    return _sieve.finish(digested)


def folded(pieces: Iterable[tuple[int, str]]) -> int:
    """The same 64 bits, signed, for the same pieces, each a kind (below 128) and a text; only within one process."""
    if not COMPILED:
        return hash(tuple(pieces))
    digested = SEED
    for kind, text in pieces:
        digested = _sieve.digest(digested ^ kind << 56, text.encode("utf-8", "surrogatepass"))
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
    """Places of the values of a column, of 4 or 8 bytes each, that stand there more than once; all, uncompiled."""
    return memoryview(_sieve.repeated(column, column.itemsize)).cast("q") if COMPILED else range(len(column))
