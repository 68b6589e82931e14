"""Conversations with images to tokens, and which of them are trained.

The rendered text holds one mark an image. The model's processor puts as many marks there as the image has patches and
says where; so spans found in the rendered text are moved by what stands before them, and the same text, to the byte, is
what the model is asked with.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from tools import pictures
from tools.engine.render import IGNORED, Encoded, Renderer, plain_message
from tools.engine.rows import DataError, Row

USUAL_PATCH = 14
"""Pixels a side, where a processor does not say (CLIP's and SigLIP's)."""


@dataclass(frozen=True)
class Pictured(Encoded):
    """One row as the trainer takes it; its images become pixels batch by batch."""

    columns: ClassVar[tuple[str, ...]] = ("input_ids", "labels", "text", "images")

    text: str
    images: list[str]
    """Data addresses, in order."""
    marks: list[str | None]
    """For each token that stands for an image: the image's mark at its first, "" after it; None elsewhere."""
    patches: int
    """Parts of the images that the vision tower reads."""

    @property
    def image_tokens(self) -> int:
        """Tokens that stand for images."""
        return sum(mark is not None for mark in self.marks)


class Seeing(Renderer):
    """Renders for a vision-language model.

    Args:
        processor: the model's own, with a chat template of its own or of its tokenizer.
        name: the model's name, for messages.
    """

    def __init__(self, processor: Any, name: str) -> None:
        self._processor = processor
        self._template = processor.chat_template or processor.tokenizer.chat_template
        super().__init__(processor.tokenizer, name, self._template)

    def text(self, messages: list[dict[str, Any]], tools: Any = None, *, ask: bool = False) -> str:
        """The conversation as one text with a mark for each image; with `ask`, ready for the assistant's answer."""
        parts = [_in_parts(m) for m in messages]
        text: str = self._processor.apply_chat_template(
            parts, chat_template=self._template, tools=tools, tokenize=False, add_generation_prompt=ask
        )
        return text

    def inputs(self, text: str, images: list[str], **more: Any) -> Any:
        """What the model takes for a rendered text.

        Raises:
            DataError: an image is broken, or the words hold the mark of an image.
        """
        try:
            pixels = [[pictures.opened(url) for url in images]] if images else None
            return self._processor(text=[text], images=pixels, add_special_tokens=False, **more)
        except ValueError as e:
            said = next(iter(str(e).splitlines()), "no reason given").rstrip(".")[:200]
            raise DataError(f"The text or an image cannot be read: {said}.", param="messages") from e

    def supervised(self, row: Row) -> Pictured:
        """Encode one conversation with loss on assistant turns whose weight is not 0.

        Raises:
            DataError: the template or the processor cannot read it.
        """
        whole, spans = self.spans(row)
        images = pictures.addresses(row.value["messages"])
        try:
            found = self.inputs(whole, images, return_offsets_mapping=True, return_text_replacement_offsets=True)
        except DataError as e:
            raise DataError(f"Line {row.line}: {e.message}") from e
        ids, offsets = _plain(found["input_ids"][0]), found["offset_mapping"][0]
        places = (found.get("text_replacement_offsets") or [[]])[0] if images else []
        if len(places) != len(images) or len(ids) != len(offsets):
            text = f"Line {row.line}: {self.name} does not say which tokens stand for an image; choose another base."
            raise DataError(text, code="unsupported", param="model")
        moved = [(_moved(a, places), _moved(b, places)) for a, b in spans]
        marks = [_mark(start, end, places) for start, end in offsets]
        labels = [
            token if mark is None and any(start < end and start >= a and end <= b for a, b in moved) else IGNORED
            for token, mark, (start, end) in zip(ids, marks, offsets, strict=True)
        ]
        return Pictured(row.line, ids, labels, whole, images, marks, self._patches(found))

    def _patches(self, found: Any) -> int:
        import numpy

        pixels = found.get("pixel_values")
        side = getattr(self._processor.image_processor, "patch_size", None)
        side = side.get("height") if isinstance(side, dict) else side
        numbers = sum(int(numpy.asarray(one).size) for one in pixels) if pixels is not None else 0
        edge = int(side or USUAL_PATCH)
        return -(-numbers // (3 * edge * edge))


def _in_parts(message: dict[str, Any]) -> dict[str, Any]:
    """A message as processors' templates expect it: content in parts, an image as a mere mark."""
    content = message.get("content")
    if not isinstance(content, list):
        plain = plain_message(message)
        return {**plain, "content": [{"type": "text", "text": plain["content"]}] if plain["content"] else []}
    parts = [
        {"type": "image"} if pictures.is_image(p) else {"type": "text", "text": p.get("text") or p.get("refusal") or ""}
        for p in content
    ]
    return {**plain_message({**message, "content": None}), "content": parts}


def _moved(at: int, places: list[dict[str, Any]]) -> int:
    """A place in the rendered text as a place in the text with images spelt out."""
    before = [p for p in places if p["span"][1] <= at]
    return at + sum(int(p["new_span"][1] - p["new_span"][0] - p["span"][1] + p["span"][0]) for p in before)


def _mark(start: int, end: int, places: list[dict[str, Any]]) -> str | None:
    for place in places:
        a, b = place["new_span"]
        if a <= start and end <= b and start < end:
            return str(place["text"]) if start == a else ""
    return None


def _plain(ids: Any) -> list[int]:
    return [int(token) for token in ids]
