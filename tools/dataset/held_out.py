"""The register of held-out examples: what was set aside for the verdict may not be trained on, or shown, later.

One small file per held-out set under ADVISOR_HOME/datasets/held_out/, named by the set's digest. It holds, per example,
a hash of its input and one of its question and answer without system prompt, case, spacing and punctuation: so that an
example is known again after another system prompt was put before it or its format was changed. Never the text.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tools.dataset.example import Example
from tools.errors import InputError, NotFoundError, RefusedError
from tools.workspace import folder

LEAST_PREFIX = 8
_WORD = re.compile(r"\w+")


class HeldOutRows(NamedTuple):
    """The hashes of one held-out set."""

    digest: str
    """sha256 of the held-out file."""
    name: str
    """The file that was divided."""
    prompts: frozenset[str]
    """Hashes of the inputs."""
    rows: frozenset[str] = frozenset()
    """Hashes of question and answer, as words alone."""
    on: str = ""
    """The day it was recorded."""

    def holds(self, example: Example) -> bool:
        """Whether the example is one of the set's."""
        return prompt_digest(example) in self.prompts or row_digest(example) in self.rows


def prompt_digest(example: Example) -> str:
    """The hash by which an example's input is known."""
    return _hash(example.prompt_text())


def row_digest(example: Example) -> str:
    """The hash by which an example is known whatever its system prompt, format, case, spacing and punctuation."""
    asked = "\n".join(t.said for t in example.prompt if t.role not in ("system", "developer"))
    return _hash(f"{plain(asked or example.prompt_text())}\0{plain(example.target.said if example.target else '')}")


def plain(text: str) -> str:
    """The words of a text in one case; the text itself where it has none."""
    return " ".join(_WORD.findall(text.casefold())) or text.strip()


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def record_held_out(digest: str, name: str, examples: Iterable[Example]) -> Path:
    """Write the register entry of a held-out file; the same set again is the same entry."""
    path = folder("datasets", "held_out") / f"{digest}.json"
    kept = list(examples)
    entry = {
        "digest": digest,
        "name": name,
        "on": f"{datetime.now(UTC):%Y-%m-%d}",
        "prompts": sorted({prompt_digest(e) for e in kept}),
        "rows": sorted({row_digest(e) for e in kept}),
    }
    new = path.with_suffix(".tmp")
    new.write_text(json.dumps(entry), encoding="utf-8")
    new.replace(path)
    return path


def held_out_rows(digest: str) -> HeldOutRows:
    """One entry.

    Raises:
        NotFoundError: no held-out set of this digest was recorded here.
        InputError: the entry cannot be read.
    """
    path = folder("datasets", "held_out") / f"{digest}.json"
    if not digest.isalnum() or not path.is_file():
        raise NotFoundError("no such held-out set is recorded", where=digest[:80])
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        prompts, rows = frozenset(value["prompts"]), frozenset(value.get("rows", ()))
        return HeldOutRows(value["digest"], value["name"], prompts, rows, value.get("on", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        remedy = "Divide the file again in a new folder; then remove this entry."
        raise InputError("the record of a held-out set is damaged", where=str(path), remedy=remedy) from None


def all_held_out() -> Iterator[HeldOutRows]:
    """Every held-out set recorded here."""
    for path in sorted(folder("datasets", "held_out").glob("*.json")):
        yield held_out_rows(path.stem)


def give_up(prefix: str) -> HeldOutRows:
    """Take a held-out set out of the register, so that its examples may be used again.

    Args:
        prefix: its digest, or the first eight or more characters of it.

    Raises:
        NotFoundError: no recorded set, or more than one, begins so.
    """
    found = [s for s in all_held_out() if s.digest.startswith(prefix)] if len(prefix) >= LEAST_PREFIX else []
    if len(found) != 1:
        known = ", ".join(f"{s.digest[:12]} ({s.name})" for s in all_held_out()) or "none"
        raise NotFoundError(f"no single held-out set begins with {prefix!r}", remedy=f"Recorded: {known}.")
    (folder("datasets", "held_out") / f"{found[0].digest}.json").unlink()
    return found[0]


def is_held_out(example: Example, digest: str | None = None) -> bool:
    """Whether the example stands in the held-out set of `digest`, or in any."""
    return any(s.holds(example) for s in _sets(digest))


def refuse_held_out(examples: Iterable[Example], use: str, digest: str | None = None, where: str = "") -> None:
    """Refuse examples that were set aside.

    Args:
        examples: what is to be used.
        use: for what, in words: "training", "few-shot prompts", "retrieval".
        digest: the held-out set that counts; None: every set recorded here.
        where: the file they come from, for the message.

    Raises:
        RefusedError: at least one of them is held out; the lines and the sets are named.
    """
    sets = _sets(digest)
    lines: list[int] = []
    whose: dict[str, HeldOutRows] = {}
    for example in examples if sets else ():
        holding = next((s for s in sets if s.holds(example)), None)
        if holding is not None:
            lines.append(example.line)
            whose[holding.digest] = holding
    if not lines:
        return
    shown = ", ".join(map(str, lines[:8])) + (" …" if len(lines) > 8 else "")
    named = ", ".join(f"{s.digest[:12]} of {s.name}" for s in list(whose.values())[:3])
    raise RefusedError(
        f"{len(lines)} held-out examples would be used for {use} (lines {shown}; held-out set {named})",
        where=where,
        remedy="Leave them out: a score on rows that were seen is worth nothing. "
        f"To give the set up for good: finetune-advisor split --give-up {next(iter(whose))[:12]}",
    )


def refuse_held_out_file(path: Path, use: str) -> None:
    """Refuse a file that holds examples that were set aside; see `refuse_held_out`.

    A file that cannot be read as a dataset passes: whoever reads it next says what is wrong with it.
    """
    from tools.dataset.reading import Reading
    from tools.progress import silent

    if not any(True for _ in folder("datasets", "held_out").glob("*.json")):
        return
    try:
        examples = list(Reading(path).read(silent))
    except (InputError, NotFoundError):
        examples = list(_plain(path))
    refuse_held_out(examples, use, where=path.name)


def _plain(path: Path) -> Iterator[Example]:
    """Lines of `input` and `target`, as an eval reads them."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("input"), str) and "target" in value:
            turns = [
                {"role": "user", "content": value["input"]},
                {"role": "assistant", "content": str(value["target"])},
            ]
            yield Example(number, "chat", {"messages": turns}, value)


def _sets(digest: str | None) -> list[HeldOutRows]:
    return [held_out_rows(digest)] if digest else list(all_held_out())
