"""Training rows: read, checked for the method, and refused with the line where one cannot be used. No torch here."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from tools import pictures


class DataError(Exception):
    """The training data cannot be used; `message` says which line and what to do."""

    def __init__(self, message: str, code: str = "invalid_training_file", param: str = "training_file") -> None:
        self.message, self.code, self.param = message, code, param
        super().__init__(message)


class Row(NamedTuple):
    """One example and the line it stands on."""

    line: int
    value: dict[str, Any]


IMAGES = (
    "holds an image, and the base {base} reads only text: name a base that reads images (--base-model), or plan it "
    "where images are taken (--backend openai or azure)"
)
ONLY_SUPERVISED = "holds an image, and images are trained here with sft only"
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


def read(path: Path, check: "Check", param: str = "training_file") -> list[Row]:
    """All rows of a JSON Lines file.

    Raises:
        DataError: naming the first line that cannot be used, and how many there are.
    """
    rows: list[Row] = []
    faults: list[str] = []
    for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            fault = check(value)
        except ValueError:
            fault = "is not JSON"
        if fault:
            faults.append(f"line {number} {fault}")
        else:
            rows.append(Row(number, value))
    if faults:
        more = f" ({len(faults) - 1} more like it)" if len(faults) > 1 else ""
        raise DataError(f"The file cannot be trained on: {faults[0]}{more}.", param=param)
    if not rows:
        raise DataError("The file holds no example.", param=param)
    return rows


def first_fault(path: Path, check: "Check") -> str | None:
    """The first line that a job could not be trained on, read one by one; None: there is none."""
    with path.open("rb") as f:
        for number, line in enumerate(f, 1):
            if not line.strip():
                continue
            try:
                fault = check(json.loads(line.removeprefix(b"\xef\xbb\xbf")))
            except ValueError:
                fault = "is not JSON"
            if fault:
                return f"line {number} {fault}"
    return None


class Check:
    """Says what is wrong with a row for a method, or None.

    Args:
        method: supervised, dpo or reinforcement.
        base: name of the base, for messages.
        sees: whether the base reads images.
    """

    def __init__(self, method: str, base: str = "here", sees: bool = False) -> None:
        self._check = {"supervised": _supervised, "dpo": _dpo, "reinforcement": _reinforcement}[method]
        self._images = IMAGES.format(base=base) if not sees else None if method == "supervised" else ONLY_SUPERVISED

    def __call__(self, value: Any) -> str | None:
        """The fault of one row."""
        if not isinstance(value, dict):
            return "is not a JSON object"
        return self._images if self._images and _holds_image(value) else self._check(value)


def _holds_image(row: dict[str, Any]) -> bool:
    asked = row.get("input")
    turns = [row.get("messages"), asked.get("messages") if isinstance(asked, dict) else None]
    turns += [row.get("preferred_output"), row.get("non_preferred_output")]
    messages = [m for some in turns if isinstance(some, list) for m in some if isinstance(m, dict)]
    return any(pictures.is_image(p) for m in messages if isinstance(m.get("content"), list) for p in m["content"])


def _supervised(row: dict[str, Any]) -> str | None:
    if "messages" not in row:
        if "preferred_output" in row or "chosen" in row:
            return "holds a preference pair: train it with the method 'dpo'"
        if "prompt" in row and "completion" in row:
            return "is in the old prompt/completion form: turn it into chat 'messages'"
        return "has no 'messages'"
    if fault := _conversation(row["messages"]):
        return fault
    trained = [m for m in row["messages"] if m["role"] == "assistant" and m.get("weight", 1) != 0]
    return None if trained else "has no assistant message to learn from"


def _dpo(row: dict[str, Any]) -> str | None:
    if "messages" in row and "preferred_output" not in row:
        return "is a conversation without preferred_output: train it with the method 'supervised'"
    prompt = row.get("input")
    if not isinstance(prompt, dict) or "messages" not in prompt:
        return "has no 'input' with 'messages'"
    if fault := _conversation(prompt["messages"]):
        return fault
    for side in ("preferred_output", "non_preferred_output"):
        if fault := _conversation(row.get(side)):
            return f"{side}: {fault}"
        if row[side][-1]["role"] != "assistant":
            return f"{side} does not end with the assistant"
    return None


def _reinforcement(row: dict[str, Any]) -> str | None:
    if fault := _conversation(row.get("messages")):
        return fault
    return None if row["messages"][-1]["role"] in ("user", "developer") else "does not end with a user message"


def _conversation(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "has no list of messages"
    for i, message in enumerate(messages):
        if fault := _message(message):
            return f"message {i + 1} {fault}"
    return None


def _message(message: Any) -> str | None:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        return f"needs a role, one of {', '.join(sorted(ROLES))}"
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            if pictures.is_image(part):
                if message["role"] != "user":
                    return "holds an image, and only user messages may"
                if fault := pictures.fault(part):
                    return fault
            elif not isinstance(part, dict) or part.get("type") not in ("text", "refusal"):
                return "holds a part that is neither text nor an image"
    elif content is None:
        if not message.get("tool_calls") and not message.get("function_call"):
            return "has no content"
    elif not isinstance(content, str):
        return "has content that is not text"
    return None if message.get("weight", 1) in (0, 1) else "has a weight other than 0 or 1"


def uses_tools(value: dict[str, Any]) -> bool:
    """Whether rendering the row needs a template that knows tools."""
    messages = value.get("messages", [])
    return bool(value.get("tools") or value.get("functions")) or any(
        m.get("tool_calls") or m.get("function_call") or m["role"] in ("tool", "function") for m in messages
    )
