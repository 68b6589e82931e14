"""The register of held-out examples: what was set aside for the verdict may not be trained on, or shown, later.

One small file per held-out set under ADVISOR_HOME/datasets/held_out/, named by the set's digest: a hash per example
of its input and of the whole, never the text.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tools.dataset.example import Example
from tools.errors import NotFoundError, RefusedError
from tools.workspace import folder


class HeldOutRows(NamedTuple):
    """The hashes of one held-out set."""

    digest: str
    """sha256 of the held-out file."""
    name: str
    prompts: frozenset[str]
    """Hashes of the inputs."""


def prompt_digest(example: Example) -> str:
    """The hash by which an example's input is known."""
    return hashlib.blake2b(example.prompt_text().encode("utf-8", "replace"), digest_size=16).hexdigest()


def record_held_out(digest: str, name: str, examples: Iterable[Example]) -> Path:
    """Write the register entry of a held-out file; the same set again is the same entry."""
    path = folder("datasets", "held_out") / f"{digest}.json"
    prompts = sorted({prompt_digest(e) for e in examples})
    new = path.with_suffix(".tmp")
    new.write_text(json.dumps({"digest": digest, "name": name, "prompts": prompts}), encoding="utf-8")
    new.replace(path)
    return path


def held_out_rows(digest: str) -> HeldOutRows:
    """One entry.

    Raises:
        NotFoundError: no held-out set of this digest was recorded here.
    """
    path = folder("datasets", "held_out") / f"{digest}.json"
    if not digest.isalnum() or not path.is_file():
        raise NotFoundError("no such held-out set is recorded", where=digest[:80])
    value = json.loads(path.read_text(encoding="utf-8"))
    return HeldOutRows(value["digest"], value["name"], frozenset(value["prompts"]))


def all_held_out() -> Iterator[HeldOutRows]:
    """Every held-out set recorded here."""
    for path in sorted(folder("datasets", "held_out").glob("*.json")):
        yield held_out_rows(path.stem)


def is_held_out(example: Example, digest: str | None = None) -> bool:
    """Whether the example's input stands in the held-out set of `digest`, or in any."""
    sets = [held_out_rows(digest)] if digest else list(all_held_out())
    asked = prompt_digest(example)
    return any(asked in s.prompts for s in sets)


def refuse_held_out(examples: Iterable[Example], use: str, digest: str | None = None) -> None:
    """Refuse examples that were set aside.

    Args:
        examples: what is to be used.
        use: for what, in words: "training", "few-shot prompts", "retrieval".
        digest: the held-out set that counts; None: every set recorded here.

    Raises:
        RefusedError: at least one of them is held out; the lines are named.
    """
    sets = [held_out_rows(digest)] if digest else list(all_held_out())
    known: frozenset[str] = frozenset().union(*(s.prompts for s in sets)) if sets else frozenset()
    lines = [e.line for e in examples if prompt_digest(e) in known] if known else []
    if lines:
        shown = ", ".join(map(str, lines[:8])) + (" …" if len(lines) > 8 else "")
        raise RefusedError(
            f"{len(lines)} held-out examples would be used for {use} (lines {shown})",
            remedy="Leave them out: the verdict is worth nothing once they were seen.",
        )
