"""FT403: an image part without a usable address."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.example import Example
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule


def check(example: Example, context: Context) -> Iterator[Found]:
    """`image_url.url` is an https or data address (or gs:// at Google); `detail` is low, high or auto."""
    taken = context.backend.images.addresses if context.backend and context.backend.images else ("https", "data", "gs")
    for turn in example.all_turns:
        for index, part in enumerate(turn.parts):
            if part.get("type") == "image_url":
                wrong = _wrong(part.get("image_url"), taken)
                if wrong:
                    yield Found(wrong, f"{turn.place}.content[{index}]")


def _wrong(given: Any, taken: tuple[str, ...]) -> str:
    url = given.get("url") if isinstance(given, dict) else given
    if not isinstance(url, str) or not url:
        return "the image part has no address"
    if isinstance(given, dict) and given.get("detail") not in (None, "low", "high", "auto"):
        return "the image's detail is not low, high or auto"
    scheme = url.split(":", 1)[0].lower() if ":" in url[:12] else "file"
    if scheme not in taken:
        return f"the image's address is {scheme + ':' if scheme != 'file' else 'a path'}; taken are {', '.join(taken)}"
    return ""


RULE = Rule("FT403", "error", "example", check)
