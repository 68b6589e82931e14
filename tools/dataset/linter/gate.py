"""The fast way for the many: a line that this gate lets pass has none of the faults that line and example rules find.

The rules are written to be read, one a file, and look at one line each in tens of microseconds. Almost every line of a
real file is a chat example without a fault, so one typed decode of a whole block and a handful of comparisons settle
it here. The gate may refuse a sound line (it then takes the slow way and comes out clean); it must never let a faulty
one pass, which the tests hold it to with every rule's own cases and with random damage.
"""

from collections.abc import Callable, Iterable, Sequence
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
from tools.dataset.linter.rule import Rule
from tools.dataset.linter.survey import Passed, Survey
from tools.dataset.linter.triggers import Triggers
from tools.dataset.source import Block, RawLine

if TYPE_CHECKING:
    from tools.tokens.batch import BatchCounter

KEY = b'":'
CONTENT = b'content":'
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
    defined: bool
    """Whether all tools that are called are defined."""


Slow = Callable[[int, RawLine], None]
Ask = Callable[[int, bytes, Iterable[Rule]], None]


class Gate:
    """Settles sound chat lines; hands the others to the rules.

    Args:
        survey: remembers what passes.
        triggers: the text rules, and which of them concern which lines.
        slow: the way of a line that every rule must look at.
        ask: asks some rules about a line that is sound for all others.
        undefined: the rule for calls of tools that are not defined; None when it is not asked.
        plans: what orders of roles come to.
        batch: counts the texts of passing examples; None when nothing is counted.
        tool_texts: (texts, tokens of all else) of tool definitions; None when nothing is counted.
    """

    def __init__(
        self,
        survey: Survey,
        triggers: Triggers,
        slow: Slow,
        ask: Ask,
        undefined: Rule | None,
        plans: Plans,
        batch: "BatchCounter | None",
        tool_texts: ToolTexts | None,
    ) -> None:
        self._survey, self._triggers, self._slow, self._ask = survey, triggers, slow, ask
        self._undefined, self._plans, self._batch, self._tool_texts = undefined, plans, batch, tool_texts
        decoder = msgspec.json.Decoder(_Example)
        self._decode, self._decode_lines = decoder.decode, decoder.decode_lines
        self._known: dict[bytes, Definitions | None] = {}
        self.passed = 0

    def block(self, block: Block) -> None:
        """Judge consecutive lines: together where they stand so, else one by one."""
        if block.text is not None:
            self._settle(block.numbers, block.text, block.breaks)
            return
        for number, raw in zip(block.numbers, block.lines, strict=True):
            if isinstance(raw, bytes):
                self._settle((number,), raw, ())
            else:
                self._slow(number, raw)

    def _settle(self, numbers: Sequence[int], text: bytes, breaks: Sequence[int]) -> None:
        """Judge lines that stand together in `text`: sound ones are remembered, the others handed on."""
        examples = self._decoded(text, breaks)
        refused: set[int] = set()
        rules: dict[int, list[Rule]] = {}
        late_keys = False
        if examples.count(None) < len(examples):
            marks = self._triggers.mark(text, breaks)
            refused, rules, late_keys = set(marks.all_rules), dict(marks.rules), marks.late_keys
        passed = self._judge(numbers, examples, text, breaks, refused, rules, late_keys)
        self._remember(passed, numbers, text, breaks, refused, rules)

    def _decoded(self, text: bytes, breaks: Sequence[int]) -> list[_Example | None]:
        """Every line's example; None for a line that is not surely one alone, from its first byte to its last."""
        # No line break inside a value, no space around one, no blank line.
        if text[:1] == b"{" and text[-1:] == b"}" and all(text[i - 1] == 125 and text[i + 1] == 123 for i in breaks):
            try:
                examples: list[_Example | None] = self._decode_lines(text)  # type: ignore[assignment]
                if len(examples) == len(breaks) + 1:  # no two values on one line
                    return examples
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        return [self._decoded_alone(_line(text, breaks, i)) for i in range(len(breaks) + 1)]

    def _decoded_alone(self, raw: bytes) -> _Example | None:
        if raw[:1] != b"{" or raw[-1:] != b"}":  # a carriage return, a space, a line that ends too early
            return None
        try:
            return self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def _judge(
        self,
        numbers: Sequence[int],
        examples: list[_Example | None],
        text: bytes,
        breaks: Sequence[int],
        refused: set[int],
        rules: dict[int, list[Rule]],
        late_keys: bool,
    ) -> Passed:
        """The sound ones; the others are added to `refused`, and a rule that must be asked to `rules`."""
        passed = Passed()
        plans, strip, count, deep = self._plans, str.strip, text.count, self._survey.deep
        lines, hashes, prompts, overheads = passed.lines, passed.keys, passed.prompts, passed.tokens
        answers, texts, ends, systems = passed.answers, passed.texts, passed.ends, passed.systems
        stop = -1
        for i, example in enumerate(examples):
            start, stop = stop + 1, breaks[i] if i < len(breaks) else len(text)
            if example is None or i in refused:
                refused.add(i)
                continue
            messages = example.messages
            plan: Plan = plans[tuple([m.role for m in messages])]
            tools, overhead = 0, plan.overhead
            if plan.sound and example.tools is UNSET and example.parallel_tool_calls is UNSET and _plain(messages):
                contents: list[Any] = [m.content for m in messages]
                try:
                    said = tuple(map(strip, contents))
                except TypeError:  # no content, or null
                    refused.add(i)
                    continue
                # Equal keys are silently merged by every decoder. Their number gives them away; where each message
                # begins with its role, and the line with its messages, only the contents need to be counted.
                if "" in said or (
                    not _holds(text[start:stop], 2 * len(said) + 1)
                    if late_keys
                    else count(CONTENT, start, stop) != len(said)
                ):
                    refused.add(i)
                    continue
            else:
                found = self._with_tools(example, text[start:stop])
                if found is None:
                    refused.add(i)
                    continue
                said, contents, fixed, tools, defined = found
                if not defined:
                    if self._undefined is None:
                        refused.add(i)
                        continue
                    rules[i] = [self._undefined, *rules.get(i, ())]
                overhead += fixed
                passed.with_tools += not isinstance(example.tools, UnsetType)
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
            if deep is not None:
                asked = [s for role, s in zip(plan.asks, said, strict=False) if role != "system"]
                passed.asked.append("\n".join(asked))
        return passed

    def _with_tools(self, example: _Example, raw: bytes) -> _WithTools | None:
        """The same for examples that define or call tools; None when the rules must look."""
        messages, tools = example.messages, example.tools
        if not messages:
            return None
        defined = self._defined(example)
        if defined is None:
            return None
        fits = conversation_fits(messages, defined.schemas)
        if fits is None:
            return None
        keys = 1 + (tools is not UNSET) + (example.parallel_tool_calls is not UNSET) + keys_of(messages) + defined.keys
        if not _holds(raw, keys):
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
        return _WithTools(tuple(said), texts, defined.fixed, defined.hash, fits)

    def _defined(self, example: _Example) -> Definitions | None:
        """The example's tool definitions, none of them where it has no `tools`; None when the rules must look."""
        tools = example.tools
        if isinstance(tools, UnsetType):
            return define((), 0, None) if example.parallel_tool_calls is UNSET else None
        if not tools:
            return None
        written = msgspec.json.encode(tools)
        if written not in self._known:
            if len(self._known) >= _KNOWN_TOOLS:
                self._known.clear()
            self._known[written] = define(tools, hash(written), self._tool_texts)
        return self._known[written]

    def _remember(
        self,
        passed: Passed,
        numbers: Sequence[int],
        text: bytes,
        breaks: Sequence[int],
        refused: set[int],
        rules: dict[int, list[Rule]],
    ) -> None:
        """Remember what passed and hand on the others, in the order of the lines."""
        at = 0
        for i in sorted(refused | rules.keys()):
            raw = _line(text, breaks, i)
            if i not in refused:
                self._ask(numbers[i], raw, rules[i])
                continue
            # Of the i lines before, those that were not refused have passed.
            stop = at
            while stop < len(passed.lines) and passed.lines[stop] < numbers[i]:
                stop += 1
            self._take(passed, at, stop)
            at = stop
            self._slow(numbers[i], raw)
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


def _plain(messages: Sequence[Message]) -> bool:
    """Whether they hold a role and a content only."""
    for message in messages:  # noqa: SIM110 - twice as fast as all()
        if message.tool_calls is not UNSET or message.tool_call_id is not UNSET:
            return False
    return True


def _line(text: bytes, breaks: Sequence[int], index: int) -> bytes:
    start = breaks[index - 1] + 1 if index else 0
    return text[start : breaks[index] if index < len(breaks) else len(text)]


def _holds(text: bytes, keys: int) -> bool:
    """Whether JSON text holds so many keys: inside a string a quote follows a backslash; a text may begin with a colon.

    The first count takes what looks like a key inside a string for one. It is never too low, so one that fits is right.
    """
    found = text.count(KEY)
    if found != keys:
        found -= text.count(b"\\" + KEY)
    if found != keys:
        found -= text.count(b'": ":') + text.count(b'":":')
    return found == keys
