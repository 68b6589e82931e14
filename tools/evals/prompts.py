"""What is put around each input: as it is, other instructions, or examples picked from the training file only."""

import json
import random
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.endpoint import Message
from tools.errors import InputError
from tools.evals.graders.base import plain
from tools.evals.heldout import HeldOut, HeldOutSample, read_held_out


class AsIs(BaseModel):
    """The messages of the file, unchanged."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["as_is"] = "as_is"


class Instructions(BaseModel):
    """The system message replaced (or put first where there is none)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["instructions"] = "instructions"
    text: str = Field(min_length=1)


class FewShot(BaseModel):
    """Examples before the question, as earlier turns; the same ones for every sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["few_shot"] = "few_shot"
    train: Path
    """The training file. Examples that ask what a held-out sample asks are never used."""
    k: int = Field(default=5, ge=1, le=200)
    seed: int = 0
    spread: bool = True
    """Take targets in turn (one example a label before a second one), where targets repeat."""
    text: str | None = None
    """Instructions to go with them; None: the file's own."""


Prompt = Annotated[AsIs | Instructions | FewShot, Field(discriminator="type")]


class Prepared(BaseModel):
    """A prompt ready for use: what it puts before each question, and a record of that."""

    model_config = ConfigDict(frozen=True)

    record: str
    """JSON for `evals.prompt`: everything that was put around the inputs."""
    text: str | None = None
    shots: tuple[Message, ...] = ()
    left_out: int = 0
    """Training examples that ask what a held-out sample asks: leakage, so not used."""

    def messages(self, sample: HeldOutSample) -> list[Message]:
        """The conversation to send for one sample."""
        own = [m for m in sample.messages if m.get("role") in ("system", "developer")]
        turns = [m for m in sample.messages if m.get("role") not in ("system", "developer")]
        system = own if self.text is None else [{"role": "system", "content": self.text}]
        return [*system, *self.shots, *turns]


def prepare(prompt: AsIs | Instructions | FewShot, held_out: HeldOut) -> Prepared:
    """Make a prompt ready.

    Raises:
        InputError: the training file cannot be read, or has too few examples that are not held out.
    """
    if isinstance(prompt, AsIs):
        return Prepared(record=prompt.model_dump_json())
    if isinstance(prompt, Instructions):
        return Prepared(record=prompt.model_dump_json(), text=prompt.text)
    train = read_held_out(prompt.train)
    asked = {plain(s.asked) for s in held_out.samples}
    usable = [s for s in train.samples if plain(s.asked) not in asked]
    if len(usable) < prompt.k:
        raise InputError(
            f"{prompt.k} examples are wanted, {len(usable)} of {len(train.samples)} can be used (others are held out)",
            where=prompt.train.name,
            remedy="Give a training file that shares nothing with the held-out one, or fewer examples.",
        )
    shots: list[Message] = []
    for s in _picked(usable, prompt):
        shots += [m for m in s.messages if m.get("role") not in ("system", "developer")]
        shots.append({"role": "assistant", "content": s.target})
    record = {
        "type": "few_shot", "k": prompt.k, "seed": prompt.seed, "spread": prompt.spread, "train": train.file,
        "train_digest": train.digest, "text": prompt.text, "shots": shots,
    }  # fmt: skip
    return Prepared(
        record=json.dumps(record, ensure_ascii=False, sort_keys=True),
        text=prompt.text,
        shots=tuple(shots),
        left_out=len(train.samples) - len(usable),
    )


def _picked(usable: list[HeldOutSample], prompt: FewShot) -> list[HeldOutSample]:
    order = sorted(usable, key=lambda s: s.sample_id)
    random.Random(prompt.seed).shuffle(order)  # noqa: S311 -- a repeatable choice, not a secret
    if prompt.spread:
        times: dict[str, int] = {}
        rank: dict[str, int] = {}
        for s in order:
            rank[s.sample_id] = times[s.target] = times.get(s.target, 0) + 1
        order.sort(key=lambda s: rank[s.sample_id])
    return order[: prompt.k]
