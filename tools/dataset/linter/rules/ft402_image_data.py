"""FT402: image data that is no image."""

import base64
import binascii
from collections.abc import Iterator

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.records import Severity

TYPES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp"}
TAKEN = ("png", "jpeg", "webp")


def check(example: Example, context: Context) -> Iterator[Found]:
    """A data: address must decode, and to a format that providers take, within their size."""
    limit = context.backend.images.max_bytes if context.backend and context.backend.images else 10_000_000
    for turn in example.all_turns:
        for index, part in enumerate(turn.parts):
            given = part.get("image_url")
            url = given.get("url") if isinstance(given, dict) else given
            if isinstance(url, str) and url.startswith("data:"):
                wrong, severity = _wrong(url, limit)
                if wrong:
                    yield Found(wrong, f"{turn.place}.content[{index}]", url[:60], severity=severity)


def _wrong(url: str, limit: int | None) -> tuple[str, Severity | None]:
    head, _, data = url.partition(",")
    if not head.endswith(";base64"):
        return "the image's data address is not base64", None
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "the image's base64 does not decode", None
    kind = _kind(raw)
    if kind not in TAKEN:
        return f"the image is {kind or 'of no known format'}; providers take JPEG, PNG and WEBP", None
    if limit and len(raw) > limit:
        return f"the image has {len(raw) / 1e6:.1f} MB; the limit is {limit / 1e6:.0f} MB", None
    said = head.removeprefix("data:").removesuffix(";base64").lower().removeprefix("image/").replace("jpg", "jpeg")
    if said != kind:
        return f'the image is {kind}, and its address says "{said[:30]}"', "warning"
    return "", None


def _kind(raw: bytes) -> str | None:
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "webp"
    return next((name for magic, name in TYPES.items() if raw.startswith(magic)), None)


RULE = Rule("FT402", "error", "example", check)
