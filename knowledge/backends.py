"""What each backend takes as a training file: knowledge/backends.yaml as frozen records."""

from functools import cache
from typing import Literal

from pydantic import Field

from knowledge.load import Record, read


class ImageLimits(Record):
    """Images in a training file."""

    per_example: int | None
    max_bytes: int | None
    max_examples: int | None
    types: tuple[str, ...] | None
    addresses: tuple[str, ...]


class Backend(Record):
    """One place a file can be trained at."""

    title: str
    formats: dict[str, tuple[str, ...]]
    """Technique -> the formats it takes for it."""
    min_examples: int
    min_by_technique: dict[str, int] = Field(default={})
    """Where a technique needs more."""
    max_examples: dict[str, int]
    max_file_bytes: int | None
    max_tokens_per_example: int | None
    max_tokens_by_technique: dict[str, int] = Field(default={})
    """Where a technique takes fewer, whatever the base."""
    cut: str | None
    """What happens to a longer example, where that is documented."""
    extra_keys: Literal["rejected", "ignored", "unknown"]
    weight: bool
    tools: bool
    bom: Literal["wanted", "unwanted", "ignored", "unknown"]
    images: ImageLimits | None
    """None: no images."""
    validation_required: tuple[str, ...]
    """Techniques that need a validation file."""
    source: str

    def least(self, technique: str | None) -> int:
        """Examples needed at least."""
        return max(self.min_examples, self.min_by_technique.get(technique or "", 0))

    def most_tokens(self, technique: str | None, base: int | None = None) -> int | None:
        """Tokens of an example at most, given what the base takes; None when nothing is published."""
        limits = (self.max_tokens_by_technique.get(technique or ""), base or self.max_tokens_per_example)
        return min((n for n in limits if n is not None), default=None)


@cache
def backends() -> dict[str, Backend]:
    """All backends by name."""
    return read("backends.yaml", dict[str, Backend])
