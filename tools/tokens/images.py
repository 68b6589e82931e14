"""What images cost in tokens: by the published rules, where the size can be read without fetching anything."""

import base64
import binascii
import math
import struct
from typing import Any

from knowledge.tokenizers import image_rule
from tools.dataset.example import Example

_PATCH, _MAX_PATCHES, _TILE = 32, 1536, 512
_HEAD_BYTES = 65_536


def image_parts(example: Example) -> list[dict[str, Any]]:
    """All image parts of an example."""
    return [p for t in example.all_turns for p in t.parts if p.get("type") in ("image_url", "input_image", "image")]


def count_images(example: Example, model: str | None) -> tuple[int, int | None]:
    """(how many images, their tokens); tokens None when one is not known; 0 images cost 0."""
    parts = image_parts(example)
    if not parts:
        return 0, 0
    rule = image_rule(model) if model else None
    if rule is None:
        return len(parts), None
    total = 0
    for part in parts:
        given = part.get("image_url")
        url = given.get("url") if isinstance(given, dict) else given
        detail = given.get("detail") if isinstance(given, dict) else None
        if rule.kind == "tiles" and detail == "low":
            total += rule.base
            continue
        size = _size(url) if isinstance(url, str) else None
        if size is None:
            return len(parts), None
        total += _tokens(rule.kind, rule.base, rule.per_tile, rule.factor, *size)
    return len(parts), total


def _tokens(kind: str, base: int, per_tile: int, factor: float, width: int, height: int) -> int:
    if kind == "patches":
        patches = math.ceil(width / _PATCH) * math.ceil(height / _PATCH)
        return math.ceil(min(patches, _MAX_PATCHES) * factor)
    scale = min(1.0, 2048 / max(width, height))
    width, height = round(width * scale), round(height * scale)
    scale = min(1.0, 768 / min(width, height))
    tiles = math.ceil(round(width * scale) / _TILE) * math.ceil(round(height * scale) / _TILE)
    return base + tiles * per_tile


def _size(url: str) -> tuple[int, int] | None:
    """Width and height of an image in a data address; None for any other address or format."""
    head, _, data = url.partition(",")
    if not head.startswith("data:") or not head.endswith(";base64"):
        return None
    try:
        raw = base64.b64decode(data[: _HEAD_BYTES // 4 * 4])
    except (binascii.Error, ValueError):
        return None
    return image_size(raw)


def image_size(raw: bytes) -> tuple[int, int] | None:
    """Width and height by the first bytes of a PNG, JPEG, GIF or WebP; None when they cannot be told."""
    try:
        if raw.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack(">II", raw[16:24])
        elif raw.startswith(b"GIF8"):
            width, height = struct.unpack("<HH", raw[6:10])
        elif raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
            return _webp(raw)
        elif raw.startswith(b"\xff\xd8"):
            return _jpeg(raw)
        else:
            return None
    except struct.error:
        return None
    return (width, height) if width and height else None


def _webp(raw: bytes) -> tuple[int, int] | None:
    if raw[12:16] == b"VP8X":
        return int.from_bytes(raw[24:27], "little") + 1, int.from_bytes(raw[27:30], "little") + 1
    if raw[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", raw[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if raw[12:16] == b"VP8L":
        bits = int.from_bytes(raw[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _jpeg(raw: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(raw):
        if raw[at] != 0xFF:
            return None
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
