"""What is put around each input: other instructions, training examples, passages of documents, the model's own draft.

Nothing that a held-out sample asks is ever among them.
"""

import hashlib
import json
import random
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.thresholds import threshold
from tools.dataset.held_out import refuse_held_out_file
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
    append: bool = False
    """Put the text after each sample's own system message instead of in its place."""


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
    append: bool = False
    """Put `text` after each sample's own system message instead of in its place."""
    shuffled: bool = False
    """Give the examples each other's targets: a control that shows whether content or only form is learnt from them."""
    text: str | None = None
    """Instructions to go with them; None: the file's own."""


class Nearest(BaseModel):
    """Examples before the question: for each sample the training examples whose words are most like it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["nearest"] = "nearest"
    train: Path
    k: int = Field(default=5, ge=1, le=200)
    text: str | None = None
    append: bool = False


class Passages(BaseModel):
    """For each sample the passages of documents whose words are most like it, after the instructions."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["passages"] = "passages"
    documents: tuple[Path, ...] = Field(min_length=1)
    """Files or folders. Passages in which a held-out question stands word for word are never used."""
    k: int = Field(default=3, ge=1, le=50)
    words: int = Field(default=120, ge=20, le=2000)
    """The most words of a passage."""
    text: str | None = None
    append: bool = False


class Revision(BaseModel):
    """A later step of a chain: the model sees its own draft and is asked once more."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["revision"] = "revision"
    asked: tuple[str, ...] = Field(min_length=1)
    """What was said after each draft, this step last."""
    drafts: dict[str, tuple[str, ...]]
    """By sample id: the answer to each step before."""
    text: str | None = None
    append: bool = False


Prompt = Annotated[
    AsIs | Instructions | FewShot | Nearest | Passages | Revision,
    Field(discriminator="type"),
]


class Prepared(BaseModel):
    """A prompt ready for use: what it puts before each question, and a record of that."""

    model_config = ConfigDict(frozen=True)

    record: str
    """JSON for `evals.prompt`: everything that was put around the inputs."""
    text: str | None = None
    append: bool = False
    shots: tuple[Message, ...] = ()
    own_shots: dict[str, tuple[Message, ...]] = {}
    """By sample id, where each sample has examples of its own."""
    own_text: dict[str, str] = {}
    """By sample id: what stands after the instructions, passages of documents."""
    own_turns: dict[str, tuple[Message, ...]] = {}
    """By sample id: what follows the question, drafts and what was said of them."""
    left_out: int = 0
    """Training examples (or passages) that hold what a held-out sample asks: leakage, so not used."""

    def messages(self, sample: HeldOutSample) -> list[Message]:
        """The conversation to send for one sample."""
        own = [m for m in sample.messages if m.get("role") in _SYSTEM]
        turns = [m for m in sample.messages if m.get("role") not in _SYSTEM]
        system = own
        added = [t for t in (self.text, self.own_text.get(sample.sample_id)) if t]
        if added:
            kept = self.append or self.text is None
            before = [m["content"] for m in own if isinstance(m.get("content"), str)] if kept else []
            system = [{"role": "system", "content": "\n\n".join([*before, *added])}]
        shown = self.own_shots.get(sample.sample_id, ())
        return [*system, *self.shots, *shown, *turns, *self.own_turns.get(sample.sample_id, ())]


_SYSTEM = ("system", "developer")


def prepare(prompt: Prompt, held_out: HeldOut) -> Prepared:
    """Make a prompt ready.

    Raises:
        InputError: the training file cannot be read, or has too few examples that are not held out.
        RefusedError: the training file holds examples that a split set aside.
    """
    if isinstance(prompt, AsIs):
        return Prepared(record=prompt.model_dump_json())
    if isinstance(prompt, Instructions):
        return Prepared(record=prompt.model_dump_json(), text=prompt.text, append=prompt.append)
    if isinstance(prompt, Passages):
        return _with_passages(prompt, held_out)
    if isinstance(prompt, Revision):
        return _revised(prompt)
    refuse_held_out_file(prompt.train, "few-shot prompts" if isinstance(prompt, FewShot) else "retrieval")
    train = read_held_out(prompt.train)
    usable = without_leaks(train, held_out)
    if len(usable) < prompt.k:
        raise InputError(
            f"{prompt.k} examples are wanted, {len(usable)} of {len(train.samples)} can be used (others are held out)",
            where=prompt.train.name,
            remedy="Give a training file that shares nothing with the held-out one, or fewer examples.",
        )
    record = {**prompt.model_dump(mode="json", exclude={"train"}), "train": train.file, "train_digest": train.digest}
    left_out = len(train.samples) - len(usable)
    if isinstance(prompt, Nearest):
        return Prepared(
            record=json.dumps(record, sort_keys=True, ensure_ascii=False),
            text=prompt.text,
            append=prompt.append,
            own_shots=_nearest(usable, held_out, prompt.k),
            left_out=left_out,
        )
    chosen = _picked(usable, prompt)
    targets = [s.target for s in chosen]
    if prompt.shuffled:
        targets = _moved(targets, prompt.seed)
    shots = [m for s, target in zip(chosen, targets, strict=True) for m in _turns(s, target)]
    return Prepared(
        record=json.dumps(record | {"shots": shots}, sort_keys=True, ensure_ascii=False),
        text=prompt.text,
        append=prompt.append,
        shots=tuple(shots),
        left_out=left_out,
    )


def _with_passages(prompt: Passages, held_out: HeldOut) -> Prepared:
    from tools.evals.lexical import Texts
    from tools.raft.documents import passages, read

    found = [p for d in read(prompt.documents) for p in passages(d, prompt.words)]
    asked = _telling(held_out)
    usable = [p for p in found if not any(q in f" {plain(p.text)} " for q in asked)]
    if not usable:
        raise InputError(
            "every passage of the documents holds a held-out question",
            where=", ".join(p.name for p in prompt.documents),
            remedy="Give the documents that answers come from, not the test itself.",
        )
    near = Texts([f"{p.title} {p.text}" for p in usable]).nearest([s.asked for s in held_out.samples], prompt.k)
    own = {
        s.sample_id: "\n\n".join(f"[{usable[i].title}] {usable[i].text}" for i in indices)
        for s, indices in zip(held_out.samples, near, strict=True)
    }
    content = json.dumps([[p.document, p.text] for p in usable], ensure_ascii=False)
    record = prompt.model_dump(mode="json", exclude={"documents"}) | {
        "documents": [p.name for p in prompt.documents],
        "passages": len(usable),
        "passages_digest": hashlib.sha256(content.encode()).hexdigest(),
    }
    return Prepared(
        record=json.dumps(record, sort_keys=True, ensure_ascii=False),
        text=prompt.text,
        append=prompt.append,
        own_text=own,
        left_out=len(found) - len(usable),
    )


def _telling(held_out: HeldOut) -> set[str]:
    """Held-out questions long enough that finding one in a text is no accident."""
    asked = (plain(s.asked) for s in held_out.samples)
    return {f" {q} " for q in asked if len(q.split()) >= threshold("ladder.leak_words")}


def holds_held_out(text: str, held_out: HeldOut) -> int:
    """How many held-out questions stand word for word in a text."""
    whole = f" {plain(text)} "
    return sum(q in whole for q in _telling(held_out))


def _revised(prompt: Revision) -> Prepared:
    turns: dict[str, tuple[Message, ...]] = {}
    for sample_id, drafts in prompt.drafts.items():
        pairs = zip(drafts, prompt.asked, strict=True)
        said = [({"role": "assistant", "content": d}, {"role": "user", "content": ask}) for d, ask in pairs]
        turns[sample_id] = tuple(m for pair in said for m in pair)
    content = json.dumps(prompt.drafts, sort_keys=True, ensure_ascii=False)
    record = prompt.model_dump(mode="json", exclude={"drafts"}) | {
        "drafts_digest": hashlib.sha256(content.encode()).hexdigest()
    }
    return Prepared(
        record=json.dumps(record, sort_keys=True, ensure_ascii=False),
        text=prompt.text,
        append=prompt.append,
        own_turns=turns,
    )


def without_leaks(train: HeldOut, held_out: HeldOut) -> list[HeldOutSample]:
    """Training examples whose question is not a held-out sample's, but for case, punctuation and spacing."""
    asked = {plain(s.asked) for s in held_out.samples}
    return [s for s in train.samples if plain(s.asked) not in asked]


def _nearest(usable: list[HeldOutSample], held_out: HeldOut, k: int) -> dict[str, tuple[Message, ...]]:
    from tools.evals.lexical import Texts

    found = Texts([s.asked for s in usable]).nearest([s.asked for s in held_out.samples], k)
    # The most alike stands last, next to the question, where small models heed it most.
    return {
        s.sample_id: tuple(m for i in reversed(near) for m in _turns(usable[i], usable[i].target))
        for s, near in zip(held_out.samples, found, strict=True)
    }


def _turns(sample: HeldOutSample, target: str) -> list[Message]:
    asked = [m for m in sample.messages if m.get("role") not in _SYSTEM]
    return [*asked, {"role": "assistant", "content": target}]


def _moved(targets: list[str], seed: int) -> list[str]:
    """The targets in another order, each as far as possible not where it was."""
    order = sorted(range(len(targets)), key=lambda i: (targets[i], i))
    half = max(1, len(targets) // 2) + random.Random(seed).randrange(max(1, len(targets) // 3))  # noqa: S311
    moved = list(targets)
    for place, origin in enumerate(order):
        moved[order[(place + half) % len(order)]] = targets[origin]
    return moved


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
