"""Held-out files: from examples a model was never trained on to samples to measure it with."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools import pictures
from tools.endpoint import Message, tool_calls_json
from tools.errors import InputError
from tools.evals.importers import values
from tools.evals.importers.lines import objects
from tools.named import file_named
from tools.progress import silent

_KEPT_BYTES = 8_000_000


class HeldOutSample(BaseModel):
    """One sample to measure: what is asked and what should come."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    """The file's own `id`, else made from the content: the same question has the same id in every file."""
    messages: tuple[Message, ...]
    """The conversation up to where the completion belongs."""
    target: str
    category: str | None = None
    cluster: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    item: dict[str, Any] = {}
    """The other fields of the line: what a grader may refer to as `item`."""

    @property
    def asked(self) -> str:
        """The input as text: the last user message, or all messages as JSON where there are several turns."""
        messages = [_without_pixels(m) for m in self.messages]
        spoken = [m for m in messages if m.get("role") not in ("system", "developer")]
        if len(spoken) == 1 and isinstance(spoken[0].get("content"), str):
            return str(spoken[0]["content"])
        return json.dumps(messages, ensure_ascii=False)


def _without_pixels(message: Message) -> Message:
    content = message.get("content")
    if not isinstance(content, list) or not any(map(pictures.is_image, content)):
        return message
    return {**message, "content": pictures.told(content)}


class HeldOut(BaseModel):
    """A held-out file."""

    model_config = ConfigDict(frozen=True)

    file: str
    digest: str
    """SHA-256 of the file: two evals with the same digest measured the same samples."""
    samples: tuple[HeldOutSample, ...]


def read_held_out(file: Path) -> HeldOut:
    """Read chat examples (the last assistant turn is the target) or lines of `input` and `target`.

    Raises:
        NotFoundError: there is no such file.
        InputError: file and line, and what is wrong there.
    """
    file_named(file)
    with pictures.embedded(file) as whole:
        if whole.stat().st_size > _KEPT_BYTES:
            return _read(whole)
        return _kept(whole, hashlib.sha256(whole.read_bytes()).hexdigest())


@lru_cache(maxsize=4)
def _kept(file: Path, digest: str) -> HeldOut:
    """A ladder reads the same two files for every rung: the same bytes are parsed once."""
    return _read(file)


def _read(file: Path) -> HeldOut:
    samples: list[HeldOutSample] = []
    times: dict[str, int] = {}
    for line, row in objects(file, silent):
        sample = _sample(row, f"{file.name}:{line}")
        seen = times[sample.sample_id] = times.get(sample.sample_id, 0) + 1
        if seen > 1:
            if "id" in row:
                raise InputError(
                    f"id {sample.sample_id!r} stands twice",
                    where=f"{file.name}:{line}",
                    remedy="Give each line its own.",
                )
            sample = sample.model_copy(update={"sample_id": f"{sample.sample_id}-{seen}"})
        samples.append(sample)
    if not samples:
        raise InputError("there are no samples in it", where=file.name, remedy="One example a line is wanted.")
    return HeldOut(file=file.name, digest=hashlib.sha256(file.read_bytes()).hexdigest(), samples=tuple(samples))


def _sample(row: dict[str, Any], where: str) -> HeldOutSample:
    messages, target = _conversation(row, where)
    content = json.dumps([messages, target], sort_keys=True, ensure_ascii=False)
    given = row.get("id")
    try:
        sample_id = hashlib.sha256(content.encode()).hexdigest()[:12] if given is None else values.identifier(given)
    except ValueError as e:
        raise InputError(f"id {e}", where=where, remedy="Mend the line.") from None
    tools = row.get("tools")
    return HeldOutSample(
        sample_id=sample_id,
        messages=tuple(messages),
        target=target,
        category=values.text(row.get("category")),
        cluster=values.text(row.get("cluster")),
        tools=tuple(tools) if isinstance(tools, list) and tools else None,
        item={k: v for k, v in row.items() if k not in ("messages", "tools")} | {"target": row.get("target", target)},
    )


def _conversation(row: dict[str, Any], where: str) -> tuple[list[Message], str]:
    messages = row.get("messages")
    if messages is None and "input" in row and "target" in row:
        asked = row["input"]
        turns = asked if isinstance(asked, list) else [{"role": "user", "content": values.text(asked)}]
        return turns, values.text(row["target"]) or ""
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise InputError(
            "neither `messages` (a list) nor `input` and `target` are there",
            where=where,
            remedy="Chat examples, or lines of input and target, can be measured.",
        )
    reference = next((row[k] for k in _REFERENCES if row.get(k) is not None), None)
    if messages and messages[-1].get("role") != "assistant" and reference is not None:
        # The form of reinforcement fine-tuning: a prompt, and beside it what a grader compares with.
        return _sendable(messages), values.text(reference) or ""
    last = next((i for i in reversed(range(len(messages))) if messages[i].get("role") == "assistant"), None)
    if not last:
        raise InputError(
            "there is no assistant turn to compare with", where=where, remedy="The last assistant turn is the target."
        )
    final = messages[last]
    if final.get("tool_calls"):
        return _sendable(messages[:last]), tool_calls_json(final["tool_calls"])
    content = final.get("content")
    if isinstance(content, list):
        content = "".join(p.get("text", "") for p in content if isinstance(p, dict))
    if not isinstance(content, str) or not content.strip():
        raise InputError(
            "the last assistant turn is empty", where=where, remedy="Write the answer, or remove the line."
        )
    return _sendable(messages[:last]), content


def _sendable(messages: list[Message]) -> list[Message]:
    """Messages without what only training reads (`weight`)."""
    return [{k: v for k, v in m.items() if k in _SENT} for m in messages]


_REFERENCES = ("target", "reference_answer", "answer", "expected", "label", "solution")
_SENT = ("role", "content", "name", "tool_calls", "tool_call_id")
