"""Reading a dataset file as lines, whatever its wrapping, in bounded memory.

Plain or gzip'd JSON Lines, UTF-8 or UTF-16, one JSON array or pretty-printed objects: all come out as blocks of
raw lines with their numbers. Nothing is judged here; `Source.notes` says what the rules need to know.
"""

import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.dataset.items import Items
from tools.dataset.sieve import breaks
from tools.dataset.sniff import HEAD_BYTES, LONG_LINE_BYTES, Sniffed, sniff
from tools.errors import InputError, NotFoundError
from tools.progress import Progress, silent

BLOCK_BYTES = 1 << 18
MAX_LINE_BYTES = 64 << 20
"""A longer line is not read: no provider's limit per example comes near it, and memory stays flat."""
GZIP_MAX_RATIO = 200
GZIP_FREE_BYTES = 64 << 20
"""Below this, any ratio is accepted; above it, GZIP_MAX_RATIO holds."""


class TooLong(NamedTuple):
    """Stands for a line longer than MAX_LINE_BYTES."""

    length: int
    head: bytes


RawLine = bytes | TooLong


class Block:
    """Consecutive lines; the line breaks are taken off.

    Args:
        numbers: of the lines, from 1.
        lines: the lines; None where `text` is given.
        text: the lines as they stood together, where they did.
        breaks: places of the line breaks in `text`.
    """

    __slots__ = ("_lines", "breaks", "numbers", "text")

    def __init__(
        self,
        numbers: range | list[int],
        lines: list[RawLine] | None = None,
        text: bytes | None = None,
        breaks: Sequence[int] = (),
    ):
        self.numbers, self._lines, self.text, self.breaks = numbers, lines, text, breaks

    @property
    def lines(self) -> list[RawLine]:
        """Each line, cut when first asked for."""
        if self._lines is None:
            self._lines = list(self.text.split(b"\n")) if self.text is not None else []
        return self._lines


class Source:
    """One dataset file, opened for one streaming pass.

    Args:
        path: the file.
        name: what to call it in messages; the path's name when None.

    Raises:
        NotFoundError: there is no such file.
        InputError: it is a folder, a device, or may not be read.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                raise InputError("this is a folder, not a file", where=str(path), remedy="Name one dataset file.")
            if not stat.S_ISREG(mode):
                raise InputError("this is not an ordinary file", where=str(path), remedy="Name one dataset file.")
            with path.open("rb") as f:
                head = f.read(HEAD_BYTES)
                while head and not head.strip() and (more := f.read(HEAD_BYTES)):  # blank lines tell nothing
                    head = more
                if head.startswith(b"[") and b"\n" not in head:
                    head += f.read(LONG_LINE_BYTES)
        except FileNotFoundError:
            raise NotFoundError("there is no such file", where=str(path), remedy="Check the path.") from None
        except OSError as e:
            raise InputError(f"cannot be read ({e.strerror})", where=str(path), remedy="Check its rights.") from None
        except ValueError:  # a NUL in the path
            raise NotFoundError("there is no such file", where=repr(str(path)), remedy="Check the path.") from None
        self.size = path.stat().st_size
        self.outer: Sniffed = sniff(head, self.name)
        self.gzipped = self.outer.kind == "gzip"
        self.sniffed = self._sniff_inside(head) if self.gzipped else self.outer
        self.digests = True
        """Whether a pass takes the digest."""
        self.sha256 = ""
        """Of the file's bytes, known once a pass that takes it is complete."""
        self.lines_read = 0
        self.ends_with_newline = True
        self.stopped: str = ""
        """Why reading ended before the end: a broken or hostile gzip, undecodable text, an unclosed array."""

    @property
    def readable(self) -> bool:
        """Whether the content can be read as lines of JSON at all."""
        return self.sniffed.kind in {"jsonl", "json_array", "json_object"}

    def _sniff_inside(self, head: bytes) -> Sniffed:
        try:
            inner = zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
        except zlib.error:
            return Sniffed("damaged", "a damaged gzip file")
        return sniff(inner, self.name.removesuffix(".gz"))

    def blocks(self, progress: Progress = silent) -> Iterator[Block]:
        """The lines, in blocks of about BLOCK_BYTES.

        Raises:
            CancelledError: a person stopped it.
            InputError: the disk gave an error.
        """
        raw = self._decoded(self._raw(progress))
        yield from (
            _blocks_of_items(Items(raw, self), self)
            if self.sniffed.kind
            in {
                "json_array",
                "json_object",
            }
            else self._blocks_of_lines(raw)
        )

    def _raw(self, progress: Progress) -> Iterator[bytes]:
        """The file's bytes, digested, unpacked where gzip'd."""
        digest = hashlib.sha256() if self.digests else None
        unpack = _Unpack(self) if self.gzipped else None
        done = 0
        try:
            with self.path.open("rb", buffering=0) as f:
                while block := f.read(BLOCK_BYTES):
                    if digest is not None:
                        digest.update(block)
                    done += len(block)
                    progress(done, self.size, f"reading {self.name}")
                    if unpack is None:
                        yield block
                    elif not self.stopped:
                        yield from unpack(block)
        except OSError as e:
            raise InputError(f"reading stopped ({e.strerror})", where=str(self.path)) from None
        if unpack and not self.stopped and not unpack.complete:
            self.stopped = "the gzip data end too early"
        self.sha256 = digest.hexdigest() if digest is not None else ""

    def _decoded(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        """UTF-8 bytes without a byte-order mark, whatever the file's encoding."""
        if self.sniffed.encoding == "utf-8":
            first = True
            for block in raw:
                yield block.removeprefix(b"\xef\xbb\xbf") if first else block
                first = False
            return
        import codecs

        decoder = codecs.getincrementaldecoder(self.sniffed.encoding)("replace")
        for block in raw:
            yield decoder.decode(block).lstrip("\ufeff").encode("utf-8", "replace")
        yield decoder.decode(b"", True).encode("utf-8", "replace")

    def _blocks_of_lines(self, raw: Iterator[bytes]) -> Iterator[Block]:
        rest: list[bytes] = []
        rest_bytes, skipped, number = 0, 0, 1
        for block in raw:
            cut = block.rfind(b"\n")
            if cut < 0:
                if skipped or rest_bytes + len(block) > MAX_LINE_BYTES:
                    skipped += len(block) + (rest_bytes if not skipped else 0)
                    rest, rest_bytes = (rest or [block])[:1], 0
                else:
                    rest.append(block)
                    rest_bytes += len(block)
                continue
            if skipped:
                end = block.find(b"\n")
                lines: list[RawLine] = [TooLong(skipped + end, rest[0][:200])]
                if end < cut:
                    lines.extend(block[end + 1 : cut].split(b"\n"))
                count, skipped = len(lines), 0
                yield Block(range(number, number + count), lines)
            else:
                text = b"".join((*rest, memoryview(block)[:cut]))
                places = breaks(text)
                count = len(places) + 1
                yield Block(range(number, number + count), text=text, breaks=places)
            number += count
            rest, rest_bytes = [block[cut + 1 :]], len(block) - cut - 1
        last = b"".join(rest)
        self.lines_read = number - 1
        if skipped:
            yield Block(range(number, number + 1), [TooLong(skipped, last[:200])])
        elif last:
            yield Block(range(number, number + 1), [last])
        if last or skipped:
            self.lines_read, self.ends_with_newline = number, False


def _blocks_of_items(items: Items, source: Source) -> Iterator[Block]:
    numbers: list[int] = []
    lines: list[RawLine] = []
    size = 0
    for number, raw in items:
        numbers.append(number)
        lines.append(raw if len(raw) <= MAX_LINE_BYTES else TooLong(len(raw), raw[:200]))
        size += len(raw)
        if size > BLOCK_BYTES:
            yield Block(numbers, lines)
            numbers, lines, size = [], [], 0
    if lines:
        yield Block(numbers, lines)
    source.lines_read = items.line


class _Unpack:
    """gzip, any number of members, in bounded steps; a bomb or damage ends it with a reason."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._new: Callable[[], zlib._Decompress] = lambda: zlib.decompressobj(wbits=31)
        self._z = self._new()
        self._in = self._out = 0
        self.complete = False

    def __call__(self, block: bytes) -> Iterator[bytes]:
        self._in += len(block)
        while block:
            try:
                data = self._z.decompress(block, BLOCK_BYTES)
            except zlib.error:
                self._source.stopped = "the gzip data are damaged"
                return
            self._out += len(data)
            if self._out > GZIP_FREE_BYTES and self._out > GZIP_MAX_RATIO * self._in:
                self._source.stopped = f"the gzip data unpack to over {GZIP_MAX_RATIO} times their size"
                return
            if data:
                yield data
            block = self._z.unconsumed_tail
            self.complete = self._z.eof
            if self._z.eof:
                block = self._z.unused_data
                if not block.strip(b"\0"):
                    return
                self._z = self._new()
