"""What a reader of one format must do."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

from tools.evals.records import Sample
from tools.progress import Progress

Say = Callable[[str], None]
"""Takes a sentence about the file that a person should know, such as that its run was not finished."""


class Part(NamedTuple):
    """One eval within a file, with what the file says of it."""

    suffix: str = ""
    """Added to the eval's name after a slash; empty when the file holds a single eval."""
    model: str | None = None
    prompt: str | None = None
    prompt_digest: str | None = None
    dataset: str | None = None
    dataset_digest: str | None = None
    grader: str | None = None
    grader_version: int | None = None
    seed: int | None = None
    cost_usd: Decimal | None = None


class Importer(Protocol):
    """A reader of one format."""

    @property
    def name(self) -> str:
        """What a person calls the format."""

    def recognises(self, file: Path, head: bytes) -> bool:
        """Whether a file is of this format, by its name and its first 64 kB."""

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """The samples, each with the eval it belongs to; what a person should know of the file goes to `say`.

        Raises:
            InputError: with file and line.
        """
        ...
