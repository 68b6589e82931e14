"""Columns of a Parquet file that hold bytes and no text: which they are, and what lies in them."""

from typing import TYPE_CHECKING, Any, NamedTuple

from tools.dataset.sniff import MAGIC

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

LOOKED_AT = 8
"""First rows that tell whether a column of bytes holds text, which some programs write without saying so."""
_KINDS = ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
PICTURE = {"bytes", "path"}
"""The fields of a picture as Hugging Face's datasets store it."""


class Binary(NamedTuple):
    """A column that is not read."""

    column: str
    what: str
    """Such as "a PNG image"; "bytes" when the first ones say nothing."""
    pictures: bool
    """Whether it is what Hugging Face's datasets store a picture as, or begins as one."""


def binary_columns(file: "ParquetFile") -> tuple[list[Binary], list[str]]:
    """(columns of bytes, the leaves of the file that are left when they are not read)."""
    leaves = [file.schema.column(i) for i in range(len(file.schema))]
    untyped = [
        leaf.path for leaf in leaves if leaf.physical_type in _KINDS and leaf.logical_type.type in ("NONE", "UUID")
    ]
    found: list[Binary] = []
    dropped: set[str] = set()
    first = _first_values(file, untyped)
    for path in untyped:
        values = first[path]
        if all(map(is_text, values)):
            continue
        parent, _, name = path.rpartition(".")
        beside = {leaf.path for leaf in leaves if parent and leaf.path.startswith(f"{parent}.")}
        stored = name == "bytes" and {p.rpartition(".")[2] for p in beside} == PICTURE
        kind, what = next(((k, w) for magic, k, w in MAGIC for v in values if v.startswith(magic)), ("", "bytes"))
        column = (parent if stored else path).replace(".list.element", "")
        found.append(Binary(column, what, stored or kind == "image"))
        dropped |= beside if stored else {path}
    return found, [leaf.path for leaf in leaves if leaf.path not in dropped]


def _first_values(file: "ParquetFile", paths: list[str]) -> dict[str, list[bytes]]:
    values: dict[str, list[bytes]] = {path: [] for path in paths}
    if not paths:
        return values
    batch = next(file.iter_batches(batch_size=LOOKED_AT, columns=paths), None)
    for row in batch.to_pylist() if batch is not None else []:
        for path in paths:
            values[path] += _inside(row, path.replace(".list.element", "").split("."))
    return values


def _inside(value: Any, keys: list[str]) -> list[bytes]:
    if isinstance(value, list):
        return [found for inner in value for found in _inside(inner, keys)]
    if keys:
        return _inside(value.get(keys[0]), keys[1:]) if isinstance(value, dict) else []
    return [value] if isinstance(value, bytes) else []


def is_text(value: bytes) -> bool:
    """Whether bytes are UTF-8 without control characters."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(c < " " and c not in "\t\r\n" for c in text)
