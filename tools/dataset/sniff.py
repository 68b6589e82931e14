"""What kind of file this is, by its first bytes: never by its name alone."""

import re
from typing import NamedTuple

HEAD_BYTES = 65_536
LONG_LINE_BYTES = 1 << 20
"""How much more is read where the first bytes are one line that begins a list: what follows it tells what it is."""

# First bytes -> what it is, in words a person knows. Order matters: the more specific first.
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image", "a PNG image"),
    (b"\xff\xd8\xff", "image", "a JPEG image"),
    (b"GIF8", "image", "a GIF image"),
    (b"%PDF", "pdf", "a PDF document"),
    (b"PAR1", "parquet", "a Parquet file"),
    (b"\x1f\x8b", "gzip", "a gzip file"),
    (b"PK\x03\x04", "zip", "a zip file"),
    (b"\xd0\xcf\x11\xe0", "office", "an old Office document (.xls, .doc)"),
    (b"SQLite format 3\x00", "sqlite", "a SQLite database"),
    (b"ARROW1", "arrow", "an Arrow file"),
    (b"BZh", "bzip2", "a bzip2 file"),
    (b"\xfd7zXZ", "xz", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "zstd", "a zstd file"),
    (b"\x7fELF", "program", "a program"),
    (b"GGUF", "model", "a GGUF model"),
)

# What lies in a zip file -> what it is.
INSIDE_ZIP: tuple[tuple[bytes, str, str], ...] = (
    (b"xl/", "workbook", "an Excel workbook (.xlsx)"),
    (b"word/", "office", "a Word document (.docx)"),
    (b"[Content_Types].xml", "office", "an Office document"),
)
PAGE = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)

Encoding = str


class Sniffed(NamedTuple):
    """What the first bytes say."""

    kind: str
    """jsonl, json_array, json_object, csv, parquet, gzip, empty, or another kind that is not a dataset."""
    words: str
    encoding: Encoding = "utf-8"
    bom: bool = False


def sniff(head: bytes, name: str = "") -> Sniffed:
    """Judge a file by its first bytes (`head`) and, only for CSV against free text, by its name."""
    if not head:
        return Sniffed("empty", "an empty file")
    for magic, kind, words in MAGIC:
        if head.startswith(magic):
            inside = INSIDE_ZIP if kind == "zip" else ()
            return Sniffed(*next(((k, w) for name, k, w in inside if name in head), (kind, words)))
    encoding, bom = _encoding(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    stripped = text.lstrip()
    if not stripped:
        return Sniffed("empty", "a file of blank lines", encoding, bom)
    if PAGE.match(stripped):
        return Sniffed("web", "a web page (HTML)", encoding, bom)
    return Sniffed(*_shape(stripped, name), encoding, bom)


def _encoding(head: bytes) -> tuple[Encoding, bool]:
    """The encoding by its mark, or by the zero bytes that UTF-16 leaves between Latin letters."""
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8", True
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32", True
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", True
    sample = head[:2000]
    if len(sample) >= 4 and sample.count(0) > len(sample) // 4:
        odd = sample[1::2].count(0) > sample[0::2].count(0)
        return ("utf-16-le" if odd else "utf-16-be"), False
    return "utf-8", False


def _shape(text: str, name: str) -> tuple[str, str]:
    """Which text format: JSON Lines, one JSON array, one pretty-printed object, CSV, or none."""
    first_line, _, rest = text.partition("\n")
    first = first_line.strip()
    if text.startswith("["):
        if first.endswith("]") and len(first) > 2 and rest.lstrip().startswith("["):
            return "jsonl", "JSON Lines of arrays"
        if first.endswith("]") and rest.lstrip().startswith("{"):  # no comma between: one bad line, then objects
            return "jsonl", "JSON Lines"
        return "json_array", "one JSON array"
    if text.startswith("{"):
        if first.endswith("}") or not _continues_pretty(first, rest):
            return "jsonl", "JSON Lines"
        return "json_object", "JSON spread over several lines"
    if name.lower().endswith((".csv", ".tsv")) or _looks_csv(first, rest):
        return "csv", "a table with a header line"
    return "jsonl", "lines that are not JSON objects"


def _continues_pretty(first: str, rest: str) -> bool:
    """A first line that opens an object and leaves it open, followed by an indented key or bracket."""
    if len(first) > 200:
        return False
    second = rest.partition("\n")[0]
    return (
        (first in ("{", "{[") or first.endswith(("[", "{", ",", ":")))
        and second.strip() != ""
        and not second.startswith('{"')
    )


def _looks_csv(first: str, rest: str) -> bool:
    delimiter = max(",;\t", key=first.count)
    columns = first.count(delimiter)
    if not columns or len(first) > 2000 or first.lstrip().startswith(("<", "#", "//")):
        return False
    cells = [c.strip().strip('"') for c in first.split(delimiter)]
    named = all(c and len(c) < 64 and not c.endswith(".") for c in cells) and len(set(cells)) == len(cells)
    return named and delimiter in rest.partition("\n")[0]
