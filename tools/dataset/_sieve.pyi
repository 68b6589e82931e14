"""The compiled pass of sieve.c. Raises ImportError where it was not compiled."""

from array import array

COLUMNS: int
CALL_COLUMNS: int
LEFT: int
ANSWERS: int
SYSTEMS: int
TOOLS: int

def sift(
    block: bytes,
    skip: bytes | bytearray,
    mark: bytes,
    seed: int,
    costs: tuple[int, int, int, int, int, int, int, int, int, int, int],
    answers: bool,
    texts: bytearray,
    rows: bytearray,
    calls: bytearray,
    /,
) -> tuple[int, int, int, int, int, int, tuple[int, int, int, int]]: ...
def breaks(block: bytes, /) -> bytes: ...
def repeated(column: array[int], itemsize: int, /) -> bytes: ...
def digest(start: int, data: bytes, /) -> int: ...
def finish(digested: int, /) -> int: ...
