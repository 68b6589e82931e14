"""The fast way for the many: a line that this gate lets pass has none of the faults that line and example rules find.

The rules are written to be read, one a file, and look at one line each in tens of microseconds. Almost every line of a
real file is a chat example without a fault, so one typed decode and a handful of comparisons settle it here. The gate
may refuse a sound line (it then takes the slow way and comes out clean); it must never let a faulty one pass, which the
tests hold it to with every rule's own cases and with random damage.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tools.dataset.linter.gate_tools import Call, conversation_fits, definitions_fit, keys_of
from tools.dataset.linter.survey import Survey
from tools.dataset.source import Block, RawLine

_MASK = (1 << 64) - 1
_BEGINNINGS = (b'{"messages": [{', b'{"messages":[{')


class Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A message of the common kind."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | UnsetType | None = UNSET
    tool_calls: list[Call] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET


class _Example(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[Message]
    tools: list[dict[str, Any]] | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET


Slow = Callable[[int, RawLine], None]
CountTexts = Callable[[int, Sequence[str], int], None]
ToolTexts = Callable[[Any], tuple[list[str], int]]


class Gate:
    """Settles sound chat lines; hands the others to the rules.

    Args:
        survey: remembers what passes.
        concerns: whether a text rule must look at the line (`Triggers.concerns`).
        rare: whether it seldom must.
        slow: the way of the others.
        count: counts the texts of a passing example into a row of the survey; None when nothing is counted.
        around: tokens around a message by role.
        per_example: tokens that the chat format adds once.
        tool_texts: (texts, tokens of all else) of tool definitions.
    """

    def __init__(
        self,
        survey: Survey,
        concerns: Callable[[bytes], bool],
        rare: bool,
        slow: Slow,
        count: CountTexts | None,
        around: dict[str, int],
        per_example: int,
        tool_texts: ToolTexts | None,
    ) -> None:
        self._survey, self._concerns, self._rare, self._slow = survey, concerns, rare, slow
        self._count, self._around, self._per_example = count, around, per_example
        self._tool_texts = tool_texts
        self._decode = msgspec.json.Decoder(_Example).decode
        self.passed = 0

    def block(self, block: Block) -> None:
        """Judge consecutive lines."""
        one, slow = self.line, self._slow
        # Where text rules seldom find anything, one look at the whole block is cheaper than one at each line.
        concerned = not self._rare or block.text is None or self._concerns(block.text)
        for number, raw in zip(block.numbers, block.lines, strict=True):
            if not one(number, raw, concerned):
                slow(number, raw)

    def line(self, number: int, raw: RawLine, concerned: bool = True) -> bool:
        """Whether the line passes; what passes is remembered. Not `concerned`: no text rule has to be asked."""
        if not isinstance(raw, bytes) or raw[-1:] != b"}":  # a carriage return, a space, a line that ends too early
            return False
        try:
            example = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if concerned and self._concerns(raw):
            return False
        messages = example.messages
        if example.tools is not UNSET or example.parallel_tool_calls is not UNSET or b'"tool_' in raw:
            return self._with_tools(number, raw, example)
        n = len(messages)
        # Equal keys are silently merged by every decoder: the counts of the keys give them away. A second list of
        # messages would bring roles of its own, unless the first is empty.
        if n < 2 or raw.count(b'"role":') != n or raw.count(b'"content":') != n or not raw.startswith(_BEGINNINGS):
            return False
        start = 1 if messages[0].role == "system" else 0
        if n <= start + 1:
            return False
        expected = "user"
        pairs: list[tuple[str, str]] = []
        texts: list[str] = []
        for i, message in enumerate(messages):
            role, text = message.role, message.content
            if i >= start:
                if role != expected:
                    return False
                expected = "assistant" if expected == "user" else "user"
            if not isinstance(text, str) or not (said := text.strip()):
                return False
            pairs.append((role, said))
            texts.append(text)
        if expected != "user":
            return False
        self._remember(number, pairs, texts, 0, texts[0] if start else None, 0)
        return True

    def _with_tools(self, number: int, raw: bytes, example: _Example) -> bool:
        """The same for examples that define or call tools."""
        messages, tools = example.messages, example.tools
        if not isinstance(tools, list) or not tools or not messages:
            return False
        if raw.count(b'":') - raw.count(b'\\":') != keys_of(example):
            return False
        schemas = definitions_fit(tools)
        if schemas is None or not conversation_fits(messages, schemas):
            return False
        pairs: list[tuple[str, str]] = []
        texts: list[str] = []
        for message in messages:
            text = message.content if isinstance(message.content, str) else ""
            said = text.strip()
            if text:
                texts.append(text)
            if message.tool_calls:
                said = "\x1f".join([said, *(f"{c.function.name}({c.function.arguments})" for c in message.tool_calls)])
                for call in message.tool_calls:
                    texts += (call.function.name, call.function.arguments)
            pairs.append((message.role, said))
        fixed = 0
        if self._tool_texts is not None:
            more, fixed = self._tool_texts(tools)
            texts += more
        system = texts[0] if messages[0].role == "system" else None
        self._remember(number, pairs, texts, fixed, system, hash(repr(tools)))
        self._survey.with_tools += 1
        return True

    def _remember(
        self, number: int, pairs: list[tuple[str, str]], texts: list[str], fixed: int, system: str | None, tools: int
    ) -> None:
        survey, around = self._survey, self._around
        row = len(survey.lines)
        roles = survey.roles
        overhead = self._per_example + fixed
        for role, _ in pairs:
            overhead += around[role]
            roles[role] += 1
        survey.remember(
            number,
            (hash(tuple(pairs)) ^ tools) & _MASK,
            (hash(tuple(pairs[:-1])) ^ tools) & _MASK,
            pairs[-1][1],
            system,
            overhead,
        )
        if survey.deep is not None:
            asked = [said for role, said in pairs[:-1] if role != "system"]
            survey.deep.see(number, "\n".join(asked), pairs[-1][1])
        if self._count:
            self._count(row, texts, sum(map(len, texts)))
        self.passed += 1
