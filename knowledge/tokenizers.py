"""Which tokenizer a model uses: knowledge/tokenizers.yaml as frozen records."""

import re
from functools import cache
from typing import Literal

from knowledge.load import Record, read


class Encoding(Record):
    """A tokenizer and what its chat format adds to the text."""

    per_message: int
    """Tokens around each message, beside its text and the name of its role."""
    per_name: int
    per_example: int
    chat_exact: bool
    """Whether the provider documents this sum."""
    chat_source: str
    note: str = ""


class ModelEncoding(Record):
    """A pattern over base model ids and the encoding they use."""

    match: str
    encoding: str
    source: str


class ImageRule(Record):
    """How many tokens an image costs."""

    match: str
    kind: Literal["tiles", "patches"]
    base: int = 0
    per_tile: int = 0
    factor: float = 1.0
    source: str


class Unknown(Record):
    """What is shown for a model that is not in the table."""

    range_over: tuple[str, ...]


class Tokenizers(Record):
    """The whole file."""

    encodings: dict[str, Encoding]
    models: tuple[ModelEncoding, ...]
    unknown: Unknown
    images: tuple[ImageRule, ...]


@cache
def tokenizers() -> Tokenizers:
    """The table."""
    return read("tokenizers.yaml", Tokenizers)


def base_id(model: str) -> str:
    """The base model's id: `ft:BASE:org::id` and Azure's `BASE.ft-…` are fine-tunes of BASE; an owner is cut off."""
    model = model.strip()
    if model.startswith("ft:"):
        model = model[3:].split(":", 1)[0]
    return re.split(r"\.ft-", model, maxsplit=1)[0].rsplit("/", 1)[-1].lower()


def encoding_of(model: str) -> ModelEncoding | None:
    """The entry of a model; None when it is not known."""
    name = base_id(model)
    return next((m for m in tokenizers().models if re.fullmatch(m.match, name)), None)


def image_rule(model: str) -> ImageRule | None:
    """How images are counted for a model; None when that is not known."""
    name = base_id(model)
    return next((m for m in tokenizers().images if re.fullmatch(m.match, name)), None)
