"""The prompts of a dataset: what to ask the teacher, and what the student's row will hold."""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from tools.endpoint import Message
from tools.errors import InputError
from tools.evals.heldout import HeldOut, HeldOutSample
from tools.evals.importers.lines import objects
from tools.evals.prompts import Prompt, prepare
from tools.named import file_named
from tools.progress import silent

_SENT = ("role", "content", "name")


class Asked(NamedTuple):
    """One prompt."""

    line: int
    own: list[Message]
    """The file's messages, as the student will see them."""
    sent: list[Message]
    """With what the teacher gets besides."""
    reference: str | None
    """The file's own answer, for a grader; never sent."""
    item: dict[str, Any]


def read(file: Path, prompt: Prompt, limit: int | None) -> list[Asked]:
    """All prompts of a chat file; the same question is asked once.

    Raises:
        NotFoundError: there is no such file.
        InputError: file and line, and what is wrong there.
    """
    file_named(file)
    found: dict[str, tuple[int, HeldOutSample]] = {}
    for line, row in objects(file, silent):
        sample = _sample(row, f"{file.name}:{line}")
        found.setdefault(sample.sample_id, (line, sample))
        if limit is not None and len(found) >= limit:
            break
    if not found:
        raise InputError("there are no prompts in it", where=file.name, remedy="One example a line is wanted.")
    samples = tuple(s for _, s in found.values())
    prepared = prepare(prompt, HeldOut(file=file.name, digest="", samples=samples))
    return [Asked(line, list(s.messages), prepared.messages(s), s.target or None, s.item) for line, s in found.values()]


def _sample(row: dict[str, Any], where: str) -> HeldOutSample:
    messages = row.get("messages")
    if messages is None and isinstance(row.get("input"), str):
        messages = [{"role": "user", "content": row["input"]}, *_answer(row.get("target"))]
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise InputError("there are no `messages`", where=where, remedy="Chat examples are wanted, one a line.")
    if row.get("tools") or any(m.get("tool_calls") or m.get("role") == "tool" for m in messages):
        raise InputError(
            "it uses tools", where=where, remedy="Only text is distilled; take rows with tools out of the file."
        )
    reference = ""
    if messages[-1].get("role") == "assistant":
        reference, messages = _text(messages[-1], where), messages[:-1]
    elif isinstance(row.get("answer"), str):
        reference = row["answer"]
    plain = [{k: v for k, v in m.items() if k in _SENT} | {"content": _text(m, where)} for m in messages]
    if not plain or plain[-1].get("role") != "user":
        raise InputError(
            "it does not end with a question", where=where, remedy="The last message but the answer is the user's."
        )
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]
    item = {k: v for k, v in row.items() if k != "messages"} | {"target": reference}
    return HeldOutSample(sample_id=digest, messages=tuple(plain), target=reference, item=item)


def _answer(target: Any) -> list[Message]:
    return [{"role": "assistant", "content": target}] if isinstance(target, str) and target else []


def _text(message: Message, where: str) -> str:
    content = message.get("content")
    if isinstance(content, list) and all(isinstance(p, dict) and p.get("type") == "text" for p in content):
        content = "".join(p.get("text", "") for p in content)
    if not isinstance(content, str):
        raise InputError("a message holds something that is not text", where=where, remedy="Only text is distilled.")
    return content
