"""Images in rows: base64 data, or files beside the dataset, which are put into the row. Nothing is fetched."""

import base64
import binascii
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tools import leftovers, workspace
from tools.errors import InputError
from tools.tokens.images import image_size

KINDS = ("image_url", "image", "input_image")
"""What a part that holds an image is called, here and elsewhere."""
TYPES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
CAP_BYTES = 6_000_000
"""Of one image: as base64 it must fit into a line of a file (8 MiB at the engine)."""
_TOLD = 80
"""Characters of a name that a message holds: what stands for a name may be a whole image."""


def is_image(part: Any) -> bool:
    """Whether a part of a message's content holds an image."""
    return isinstance(part, dict) and part.get("type") in KINDS


def address(part: dict[str, Any]) -> str | None:
    """What an `image_url` part points to."""
    given = part.get("image_url") if part.get("type") == "image_url" else None
    url = given.get("url") if isinstance(given, dict) else given
    return url if isinstance(url, str) and url else None


def addresses(messages: list[dict[str, Any]]) -> list[str]:
    """All images of a conversation, in order; the parts have been checked."""
    parts = [p for m in messages if isinstance(m.get("content"), list) for p in m["content"] if is_image(p)]
    return [url for part in parts if (url := address(part))]


def told(content: list[Any]) -> str:
    """Parts of a message as words; an image as the beginning of its digest, for its data is thousands of characters."""
    words = []
    for part in content:
        if is_image(part):
            digest = hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()
            words.append(f"[image {digest[:8]}]")
        elif isinstance(part, dict):
            words.append(str(part.get("text") or part.get("refusal") or ""))
    return "\n".join(words)


def fault(part: dict[str, Any]) -> str | None:
    """What is wrong with an image part as the engine takes it; None: it can be read."""
    url = address(part)
    if url is None:
        return 'holds an image without an address: {"type": "image_url", "image_url": {"url": …}} is read here'
    if not url.startswith("data:"):
        if path_in(url) is None:
            where = url.partition("://")[2].partition("/")[0].rpartition("@")[2] or url.split(":", 1)[0]
            return (
                f"holds an image at an address elsewhere ({where[:60]}), and nothing is fetched here: save it as a "
                "file beside the dataset, or put it in as base64 data"
            )
        return "names an image file: only base64 data reaches the engine"
    head, _, data = url.partition(",")
    if not head.endswith(";base64"):
        return "holds an image whose data is not base64"
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "holds an image whose base64 does not decode"
    return None if _type(raw) else "holds an image that is neither PNG, JPEG nor WEBP"


def opened(url: str) -> Any:
    """A checked image as pixels (Pillow, RGB), turned as its camera says.

    Raises:
        ValueError: it is broken behind its first bytes.
    """
    from PIL import Image, ImageOps

    raw = base64.b64decode(url.partition(",")[2])
    try:
        with Image.open(io.BytesIO(raw)) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as e:
        raise ValueError(f"the image cannot be read ({type(e).__name__})") from e


@contextmanager
def embedded(file: Path) -> Iterator[Path]:
    """The file itself, or, where rows name image files, a copy with those images in it as base64 data.

    Only files in the dataset's folder or below it are read: a dataset from elsewhere must not carry off others.

    Raises:
        InputError: an image file is not there, is none, or is too large; with the line.
    """
    if not _names_files(file):
        yield file
        return
    folder = workspace.folder("datasets")
    leftovers.sweep(folder, "images")
    with tempfile.TemporaryDirectory(prefix=leftovers.prefix("images"), dir=folder) as beside:
        copy = Path(beside) / file.name
        with copy.open("wb") as out, file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                out.write(_with_images(line, file.resolve().parent, f"{file.name}:{number}"))
        yield copy


def _names_files(file: Path) -> bool:
    try:
        with file.open("rb") as lines:
            return any(b'"image_url"' in line and _files_in(_parsed(line)) for line in lines)
    except OSError:
        return False  # whoever reads it next says what is wrong


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return None


def _files_in(row: Any) -> list[tuple[dict[str, Any], str]]:
    """(part, path) of every image part that names a file."""
    messages = row.get("messages") if isinstance(row, dict) else None
    found = []
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else []:
            url = address(part) if is_image(part) else None
            if url and (path := path_in(url)) is not None:
                found.append((part, path))
    return found


def path_in(url: str) -> str | None:
    """The path in an address, or None when it is no file's."""
    if url.startswith("file://"):
        return unquote("/" + url.removeprefix("file://").partition("/")[2])
    return None if "://" in url[:16] or url.startswith("data:") else url


def _with_images(line: bytes, folder: Path, where: str) -> bytes:
    row = _parsed(line) if b'"image_url"' in line else None
    found = _files_in(row)
    if not found:
        return line
    for part, path in found:
        data = _data(folder, path, where)
        given = part["image_url"]
        part["image_url"] = {**given, "url": data} if isinstance(given, dict) else {"url": data}
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _data(folder: Path, path: str, where: str) -> str:
    try:
        file = (folder / path).resolve()
    except ValueError:  # no name of any file: it holds a NUL or half a character
        file = folder / "\0"
    if not file.is_relative_to(folder):
        raise InputError(
            f"the image {_told(path)} lies outside the dataset's folder",
            where=where,
            remedy="Put the images beside the dataset or in folders below it, or in as base64 data.",
        )
    return data_address(file, where, path)


def data_address(file: Path, where: str = "", name: str = "") -> str:
    """An image file as base64 data.

    Raises:
        InputError: it is not there, is no image, or is too large.
    """
    shown = _told(name or str(file))
    try:
        raw = file.read_bytes()
    except (OSError, ValueError) as e:
        why = e.strerror if isinstance(e, OSError) else "no name of a file"
        raise InputError(
            f"the image {shown} cannot be read ({why})",
            where=where,
            remedy="Paths are taken from the dataset's own folder. Base64 data begins with data:image/png;base64,",
        ) from None
    kind = _type(raw)
    if kind is None:
        raise InputError(f"{shown} is no PNG, JPEG or WEBP image", where=where, remedy="Convert it.")
    if len(raw) > CAP_BYTES:
        text = f"the image {shown} has {len(raw) / 1e6:.1f} MB; {CAP_BYTES / 1e6:.0f} MB are taken"
        raise InputError(text, where=where, remedy="Make it smaller: models see far fewer pixels.")
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"


def _type(raw: bytes) -> str | None:
    """What kind of image it is, of those that training takes here and elsewhere."""
    return next((name for name, head in TYPES.items() if raw.startswith(head) and image_size(raw)), None)


def _told(name: str) -> str:
    return repr(name if len(name) <= _TOLD else f"{name[:_TOLD]}…")
