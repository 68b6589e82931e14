"""One example as the rules see it: the same turns, whatever the file's format.

OpenAI's three shapes are the canonical ones (chat, preference pair, prompt with reference fields); every other format
is read into one of them, and `Turn.place` still names the place in the file's own shape.
"""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, overload

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
Part = dict[str, Any]
_NO_PARTS: list[Part] = []


Value = TypeVar("Value")


class once(Generic[Value]):
    """A property that is worked out when it is first read. That of the library takes a lock each time, up to 3.11."""

    def __init__(self, make: "Callable[[Any], Value]") -> None:
        self._make, self._name, self.__doc__ = make, make.__name__, make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> "once[Value]": ...
    @overload
    def __get__(self, owner: object, kind: type) -> Value: ...
    def __get__(self, owner: object | None, kind: type) -> "once[Value] | Value":
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._make(owner)
        return value


class Turn:
    """One message of a conversation, well formed or not."""

    __slots__ = ("content", "index", "parts", "place", "raw", "role", "segment", "text", "tool_calls")

    def __init__(self, raw: dict[str, Any], index: int, place: str, segment: str) -> None:
        self.raw, self.index, self.place, self.segment = raw, index, place, segment
        role = raw.get("role")
        self.role: str | None = role if isinstance(role, str) else None
        self.content: Any = raw.get("content")
        """What stands under `content`; None when nothing does."""
        self.parts: list[Part] = _NO_PARTS
        """The content's parts where it is a list of objects; else empty."""
        self.text: str = ""
        """All text of the turn, parts joined by line breaks."""
        if isinstance(self.content, str):
            self.text = self.content
        elif isinstance(self.content, list):
            self.parts = [p for p in self.content if isinstance(p, dict)]
            texts = (p.get("text") or p.get("refusal") for p in self.parts)
            self.text = "\n".join(t for t in texts if isinstance(t, str))
        self.tool_calls: list[Any] = _calls(raw)
        """The calls of an assistant turn, as they stand; the old single `function_call` counts as one."""

    @property
    def said(self) -> str:
        """Everything in the turn as one text, calls and images included; spacing at the ends is cut."""
        return _said(self)

    @property
    def speaks(self) -> bool:
        """Whether there is anything in it: text, an image, a call."""
        return bool(self.text.strip() or self.tool_calls or any("text" not in p for p in self.parts))


class Example:
    """One training item in canonical shape, with its line and what it was read from."""

    def __init__(self, line: int, shape: str, value: dict[str, Any], source: Any = None) -> None:
        self.line = line
        self.shape = shape
        """chat, preference, or prompt."""
        self.value = value
        self.source = value if source is None else source
        """The line's own value, before any conversion."""

    @once
    def turns(self) -> list[Turn]:
        """The conversation that is the input: for chat the whole of it."""
        if self.shape == "preference":
            given = self.value.get("input")
            messages = given.get("messages") if isinstance(given, dict) else None
            return _turns(messages, "input.messages", "input")
        return _turns(self.value.get("messages"), "messages", "messages")

    @once
    def chosen(self) -> list[Turn]:
        """The preferred output of a pair; else empty."""
        return _turns(self.value.get("preferred_output"), "preferred_output", "chosen")

    @once
    def rejected(self) -> list[Turn]:
        """The non-preferred output of a pair; else empty."""
        return _turns(self.value.get("non_preferred_output"), "non_preferred_output", "rejected")

    @once
    def all_turns(self) -> list[Turn]:
        """Every turn of every part."""
        return [*self.turns, *self.chosen, *self.rejected] if self.shape == "preference" else self.turns

    @once
    def tools(self) -> Any:
        """The tool definitions as they stand; None when there are none."""
        if self.shape == "preference":
            given = self.value.get("input")
            return given.get("tools") if isinstance(given, dict) else None
        return self.value.get("tools")

    @once
    def target(self) -> Turn | None:
        """The turn that is learnt: the last assistant turn, the chosen one of a pair, none of a prompt."""
        if self.shape == "preference":
            return next((t for t in reversed(self.chosen) if t.role == "assistant"), None)
        if self.shape == "prompt":
            return None
        last = self.turns[-1] if self.turns else None
        return last if last is not None and last.role == "assistant" else None

    @once
    def prompt(self) -> list[Turn]:
        """The turns before the target."""
        if self.shape == "chat" and self.target is not None:
            return self.turns[:-1]
        return self.turns

    @property
    def system(self) -> str | None:
        """The text of the leading system or developer message."""
        first = self.turns[0] if self.turns else None
        return first.text if first is not None and first.role in ("system", "developer") else None

    @property
    def has_images(self) -> bool:
        """Whether any turn carries an image part."""
        return any(p.get("type") in ("image_url", "input_image", "image") for t in self.all_turns for p in t.parts)

    def texts(self) -> Iterator[tuple[str, str]]:
        """(place, text) of everything a person wrote or a model is to write."""
        for turn in self.all_turns:
            if turn.text:
                yield f"{turn.place}.content", turn.text

    def prompt_text(self) -> str:
        """The input as one text: the same for two examples whose input is the same."""
        return _key(self.prompt)

    def whole_text(self) -> str:
        """All that is taught as one text; order of keys and spacing in the JSON do not count."""
        if self.shape == "preference":
            return "\x1c".join((_key(self.turns), _key(self.chosen), _key(self.rejected)))
        return _key(self.turns)


def _calls(raw: dict[str, Any]) -> list[Any]:
    calls = raw.get("tool_calls")
    if isinstance(calls, list):
        return calls
    old = raw.get("function_call")
    return [{"type": "function", "function": old}] if isinstance(old, dict) else []


def _turns(messages: Any, place: str, segment: str) -> list[Turn]:
    if not isinstance(messages, list):
        return []
    return [Turn(m, i, f"{place}[{i}]", segment) for i, m in enumerate(messages) if isinstance(m, dict)]


def _said(turn: Turn) -> str:
    if not turn.tool_calls and not turn.parts:
        return turn.text.strip()
    calls = []
    for call in turn.tool_calls:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            calls.append(f"{function.get('name')}({function.get('arguments')})")
    others = [str(p.get("image_url") or p.get("image") or p) for p in turn.parts if "text" not in p]
    return "\x1f".join([turn.text.strip(), *calls, *others])


def _key(turns: list[Turn]) -> str:
    return "\x1e".join(f"{t.role}\x1d{t.said}" for t in turns)
