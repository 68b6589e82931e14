"""The fast way for the many: a line that this gate lets pass has none of the faults that line and example rules find.

The rules are written to be read, one a file, and look at one line each in tens of microseconds. Almost every line of a
real file is a chat example without a fault, so one typed decode of a whole block and a handful of comparisons settle
it here. The gate may refuse a sound line (it then takes the slow way and comes out clean); it must never let a faulty
one pass, which the tests hold it to with every rule's own cases and with random damage.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from tools.dataset.linter.gate_tools import (
    Call,
    Definitions,
    Tool,
    ToolTexts,
    conversation_fits,
    define,
    keys_of,
)
from tools.dataset.linter.plan import Plan, Plans
from tools.dataset.linter.survey import Passed, Survey
from tools.dataset.source import Block, RawLine

if TYPE_CHECKING:
    from tools.tokens.batch import BatchCounter

SPACED_COLON = rb'"[ \t\r]+:'
"""A space before a colon would hide a key from the count of keys."""
KEY = b'":'
_KNOWN_TOOLS = 64


class Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A message of the common kind."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | UnsetType | None = UNSET
    tool_calls: list[Call] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET


class _Example(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[Message]
    tools: list[Tool] | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET


class _WithTools(NamedTuple):
    """What an example with tools comes to."""

    said: tuple[str, ...]
    texts: list[str]
    fixed: int
    hash: int
    keys: int


Slow = Callable[[int, RawLine], None]


class Gate:
    """Settles sound chat lines; hands the others to the rules.

    Args:
        survey: remembers what passes.
        concerns: whether a text rule, or a key before a spaced colon, is in some lines (`Triggers.concerns`).
        slow: the way of the others.
        plans: what orders of roles come to.
        batch: counts the texts of passing examples; None when nothing is counted.
        tool_texts: (texts, tokens of all else) of tool definitions; None when nothing is counted.
    """

    def __init__(
        self,
        survey: Survey,
        concerns: Callable[[bytes], bool],
        slow: Slow,
        plans: Plans,
        batch: "BatchCounter | None",
        tool_texts: ToolTexts | None,
    ) -> None:
        self._survey, self._concerns, self._slow = survey, concerns, slow
        self._plans, self._batch, self._tool_texts = plans, batch, tool_texts
        self._decode = msgspec.json.Decoder(_Example).decode_lines
        self._known: dict[bytes, Definitions | None] = {}
        self.passed = 0

    def block(self, block: Block) -> None:
        """Judge consecutive lines: together where that can be, else one by one."""
        if block.text is not None and self._settle(block.numbers, block.text, block):
            return
        for number, raw in zip(block.numbers, block.lines, strict=True):
            if not self.line(number, raw):
                self._slow(number, raw)

    def line(self, number: int, raw: RawLine) -> bool:
        """Whether the line passes; what passes is remembered."""
        return isinstance(raw, bytes) and self._settle((number,), raw, None)

    def _settle(self, numbers: Sequence[int], text: bytes, block: Block | None) -> bool:
        """Judge lines that stand together in `text`.

        Returns:
            Whether they are settled: sound ones are remembered, the others were handed on. False: nothing was done.
        """
        if text[-1:] != b"}" or text[:1] != b"{":  # a carriage return, a space, a line that ends too early
            return False
        try:
            examples = self._decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        # No line break inside a value, no two values on one line.
        if len(examples) != len(numbers) or text.count(b"}\n{") != len(numbers) - 1:
            return False
        refused: set[int] = set()
        if self._concerns(text):
            if block is None:
                return False
            refused = {i for i, raw in enumerate(block.lines) if self._concerns(raw)}  # type: ignore[arg-type]
        passed, keys = self._judge(numbers, examples, refused)
        # Equal keys are silently merged by every decoder: the number of keys gives them away.
        if refused:
            if block is None:
                return False
            for i in refused:
                raw = block.lines[i]
                keys += _keys(raw) if isinstance(raw, bytes) else 0
        # The first count alone takes what looks like a key inside a string for one: it is never too low.
        if text.count(KEY) != keys and _keys(text) != keys:
            return False
        self._remember(passed, numbers, refused, block)
        return True

    def _judge(self, numbers: Sequence[int], examples: list[_Example], refused: set[int]) -> tuple[Passed, int]:
        """The sound ones (the others are added to `refused`), and how many keys they hold if none stands twice."""
        passed = Passed()
        plans, strip = self._plans, str.strip
        lines, hashes, prompts, overheads = passed.lines, passed.keys, passed.prompts, passed.tokens
        answers, texts, ends, systems = passed.answers, passed.texts, passed.ends, passed.systems
        keys = 0
        for i, example in enumerate(examples):
            if i in refused:
                continue
            messages = example.messages
            plan: Plan = plans[tuple([m.role for m in messages])]
            tools, overhead = 0, plan.overhead
            if example.tools is UNSET and example.parallel_tool_calls is UNSET:
                contents: list[Any] = [m.content for m in messages]
                try:
                    said = tuple(map(strip, contents))
                except TypeError:  # no content, or null
                    refused.add(i)
                    continue
                if not plan.sound or "" in said:
                    refused.add(i)
                    continue
                keys += 2 * len(said) + 1
            else:
                found = self._with_tools(example)
                if found is None:
                    refused.add(i)
                    continue
                said, contents, fixed, tools, more = found
                keys += more
                overhead += fixed
                passed.with_tools += 1
            lines.append(numbers[i])
            hashes.append(hash((plan.roles, said)) ^ tools)
            prompts.append(hash((plan.asks, said[:-1])) ^ tools)
            overheads.append(overhead)
            answers.append(said[-1])
            texts += contents
            ends.append(len(texts))
            passed.plans.append(plan)
            if plan.starts_with_system:
                systems.append((numbers[i], contents[0]))
            if self._survey.deep is not None:
                asked = [s for role, s in zip(plan.asks, said, strict=False) if role != "system"]
                passed.asked.append("\n".join(asked))
        return passed, keys

    def _with_tools(self, example: _Example) -> _WithTools | None:
        """The same for examples that define or call tools; None when the rules must look."""
        messages, tools = example.messages, example.tools
        if isinstance(tools, UnsetType) or not tools or not messages:
            return None
        written = msgspec.json.encode(tools)
        if written in self._known:
            defined = self._known[written]
        else:
            defined = define(tools, self._tool_texts)
            if len(self._known) >= _KNOWN_TOOLS:
                self._known.clear()
            self._known[written] = defined
        if defined is None or not conversation_fits(messages, defined.schemas):
            return None
        said: list[str] = []
        texts: list[str] = []
        for message in messages:
            text = message.content if isinstance(message.content, str) else ""
            here = text.strip()
            if text:
                texts.append(text)
            if message.tool_calls:
                here = "\x1f".join([here, *(f"{c.function.name}({c.function.arguments})" for c in message.tool_calls)])
                for call in message.tool_calls:
                    texts += (call.function.name, call.function.arguments)
            said.append(here)
        texts += defined.texts
        keys = 2 + (example.parallel_tool_calls is not UNSET) + keys_of(messages) + defined.keys
        return _WithTools(tuple(said), texts, defined.fixed, defined.hash, keys)

    def _remember(self, passed: Passed, numbers: Sequence[int], refused: set[int], block: Block | None) -> None:
        """Remember what passed and hand on the others, in the order of the lines."""
        at = 0
        for i in sorted(refused):
            assert block is not None
            # Of the i lines before, those that were not refused have passed.
            stop = at
            while stop < len(passed.lines) and passed.lines[stop] < numbers[i]:
                stop += 1
            self._take(passed, at, stop)
            at = stop
            self._slow(numbers[i], block.lines[i])
        self._take(passed, at, len(passed.lines))
        self._survey.with_tools += passed.with_tools

    def _take(self, passed: Passed, start: int, stop: int) -> None:
        if start == stop:
            return
        first = self._survey.take(passed, start, stop)
        self.passed += stop - start
        if self._batch is not None:
            before = passed.ends[start - 1] if start else 0
            texts = passed.texts[before : passed.ends[stop - 1]] if stop - start < len(passed.lines) else passed.texts
            ends = [end - before for end in passed.ends[start:stop]] if before else passed.ends[start:stop]
            self._batch.add_rows(first, texts, ends, sum(map(len, texts)))


def _keys(text: bytes) -> int:
    """How many keys stand in JSON text: inside a string a quote follows a backslash; a text may begin with a colon."""
    inside = text.count(b"\\" + KEY)
    begun = text.count(b'": ":') + text.count(b'":":')
    return text.count(KEY) - inside - begun
