"""The published rank file of an encoding, rebuilt offline from the tokenizer package and proved by its sha256.

quicktok carries the merges in its own format; written out as `base64 rank` lines they are byte for byte the file that
the publisher pins, so whoever reads the published form (gigatoken, tiktoken) gets exactly the same tokenizer.
"""

import base64
import hashlib
from pathlib import Path
from typing import NamedTuple

from tools.errors import UnavailableError
from tools.tokens.encodings import BundledCounter
from tools.workspace import folder


class Published(NamedTuple):
    """A rank file as its publisher names and pins it (tiktoken 0.14.0, tiktoken_ext/openai_public.py)."""

    url: str
    sha256: str


PUBLISHED: dict[str, Published] = {
    "o200k_base": Published(
        "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": Published(
        "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}


def rank_bytes(name: str) -> bytes:
    """The rank file's content.

    Raises:
        UnavailableError: what the package carries is not what the publisher pins.
    """
    encoding = BundledCounter(name).encoding
    special = {encoding.encode_single_token(s) for s in encoding.special_tokens_set}
    lines = []
    for rank in range(encoding.max_token_value + 1):
        token = b"" if rank in special else _bytes_of(encoding, rank)
        if token:
            lines.append(base64.b64encode(token) + b" %d\n" % rank)
    data = b"".join(lines)
    if hashlib.sha256(data).hexdigest() != PUBLISHED[name].sha256:
        raise UnavailableError(f"the ranks of {name} are not the published ones", remedy="Reinstall quicktok-v1.")
    return data


def _bytes_of(encoding: object, rank: int) -> bytes:
    try:
        return bytes(encoding.decode_single_token_bytes(rank))  # type: ignore[attr-defined]
    except (KeyError, ValueError, IndexError, RuntimeError):  # a number no token has
        return b""


def rank_file(name: str) -> Path:
    """The rank file under ADVISOR_HOME, written once."""
    path = folder("cache", "tokenizers") / f"{name}.tiktoken"
    if not path.is_file() or path.stat().st_size == 0:
        new = path.with_suffix(".tmp")
        new.write_bytes(rank_bytes(name))
        new.replace(path)
    return path
