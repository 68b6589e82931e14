"""The fast way for the many: a line that this gate lets pass has none of the faults that line and example rules find.

The rules are written to be read, one a file, and look at one line each in tens of microseconds. Almost every line of a
real file is a chat example without a fault. In a large file the compiled sieve settles those; else, and for what the
sieve leaves, one typed decode of a whole block and a handful of comparisons do. The gate may refuse a sound line (it
then takes the slow way and comes out clean); it must never let a faulty one pass, which the tests hold it to with every
rule's own cases and with random damage.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from tools.dataset.linter.gate_tools import NO_TOOLS, Call, Definitions, Schemas, Talk, Tool, define, talk
from tools.dataset.linter.plan import Plans
from tools.dataset.linter.rule import Rule
from tools.dataset.linter.sifting import Sifter
from tools.dataset.linter.survey import Passed, Survey
from tools.dataset.linter.triggers import NO_MARKS, Marks, Triggers
from tools.dataset.sieve import COMPILED, conversation
from tools.dataset.source import Block, RawLine

if TYPE_CHECKING:
    from tools.tokens.batch import BatchCounter

KEY = b'":'
CONTENT = b'content":'


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


class WithTools(NamedTuple):
    """What an example with tools comes to."""

    talk: Talk
    fixed: int
    """Tokens of the definitions beside their texts."""
    hash: int
    """Of the definitions."""


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
    ) -> None:
        self._survey, self._triggers, self._slow, self._ask = survey, triggers, slow, ask
        self._undefined = (undefined,) if undefined else ()
        self._plans, self._batch = plans, batch
        decoder = msgspec.json.Decoder(_Example)
        self._decode, self._decode_lines = decoder.decode, decoder.decode_lines
        self._schemas = Schemas(batch is not None)
        # Where texts are compared with each other, most of the time goes there, and their parts are wanted as they are.
        self._sifter: Sifter | None = None
        if COMPILED and survey.deep is None:
            self._sifter = Sifter(survey, plans.costs, self._schemas, undefined)
        self.passed = 0

    def block(self, block: Block) -> None:
        """Judge consecutive lines: together where they stand so, else one by one."""
        if block.text is not None:
            if self._sifter is None or not self._sift(self._sifter, block.numbers, block.text, block.breaks):
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
        marks = self._triggers.mark_keys(text, breaks) if examples.count(None) < len(examples) else NO_MARKS
        passed, refused, rules = self._judge(numbers, examples, text, breaks, marks, marks.late_keys)
        # Equal keys are silently merged by every decoder; their number gives them away. Where each message begins with
        # its role, and the line with its messages, only the contents need to be counted, of all lines at once.
        if not marks.late_keys:
            others = sum([_line(text, breaks, i).count(CONTENT) for i in refused])
            if text.count(CONTENT) != passed.contents + others:
                passed, refused, rules = self._judge(numbers, examples, text, breaks, marks, True)
        self._remember(passed, numbers, text, breaks, refused, rules, self._slow)
        if self._batch is not None and passed.rows:
            self._batch.add_rows(passed.rows, passed.texts, passed.ends)

    def _sift(self, sifter: Sifter, numbers: Sequence[int], text: bytes, breaks: Sequence[int]) -> bool:
        """Let the sieve judge lines that stand together, and judge those it leaves one by one; False: they are many."""
        found = sifter.sift(numbers, text, self._triggers.mark(text, breaks))
        if found is None:
            return False
        passed = found.passed
        self._remember(passed, numbers, text, breaks, found.refused, found.rules, self._alone)
        if self._batch is not None and passed.rows:
            self._batch.add_joined(passed.rows, found.texts, found.ends)
            for index, texts in found.definitions.items():
                self._batch.add(passed.rows[index], texts)
        return True

    def _alone(self, number: int, raw: bytes) -> None:
        self._settle((number,), raw, ())

    def _decoded(self, text: bytes, breaks: Sequence[int]) -> list[_Example | None]:
        """Every line's example; None for a line that is not surely one alone, from its first byte to its last."""
        # No line break inside a value, no space around one, no blank line.
        whole = text[:1] == b"{" and text[-1:] == b"}"
        if whole and not [1 for i in breaks if text[i - 1] != 125 or text[i + 1] != 123]:
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
        marks: Marks,
        count_keys: bool,
    ) -> tuple[Passed, set[int], dict[int, list[Rule]]]:
        """(the sound ones, indexes of the others, rules to be asked about sound ones)."""
        passed, refused, rules = Passed(), set(marks.all_rules), dict(marks.rules)
        plans, strip, deep = self._plans, str.strip, self._survey.deep
        lines: list[int] = []
        passed.lines = lines
        keys, prompts, tokens = passed.keys, passed.prompts, passed.tokens
        answers, chars, texts, ends, systems = passed.answers, passed.chars, passed.texts, passed.ends, passed.systems
        for i, example in enumerate(examples):
            if example is None or i in refused:
                refused.add(i)
                continue
            roles: list[str] = []
            contents: list[Any] = []
            plain = example.tools is UNSET is example.parallel_tool_calls
            for message in example.messages:
                roles.append(message.role)
                contents.append(message.content)
                if message.tool_calls is not message.tool_call_id:  # both are UNSET, or they differ
                    plain = False
            plan = plans[tuple(roles)]
            tools, overhead = 0, plan.overhead
            if plain and plan.sound:
                try:
                    said = tuple(map(strip, contents))
                except TypeError:  # no content, or null
                    refused.add(i)
                    continue
                if "" in said or (count_keys and not _holds(_line(text, breaks, i), 2 * len(said) + 1)):
                    refused.add(i)
                    continue
                passed.contents += len(contents)
            else:
                found = self._with_tools(example, _line(text, breaks, i))
                if found is None:
                    refused.add(i)
                    continue
                said, contents, tools = found.talk.said, found.talk.texts, found.hash
                if not found.talk.defined:
                    rules[i] = [*self._undefined, *rules.get(i, ())]
                overhead += found.fixed
                passed.contents += found.talk.contents
                passed.with_tools += example.tools is not UNSET
            lines.append(numbers[i])
            turns = [*zip(plan.roles, said, strict=True)]
            keys.append(conversation(turns) ^ tools)
            prompts.append(conversation(turns[:-1]) ^ tools)
            tokens.append(overhead)
            answers.append(said[-1])
            chars.append(len(said[-1]))
            texts += contents
            ends.append(len(texts))
            passed.plans.append(plan)
            if plan.starts_with_system:
                systems.append((contents[0], numbers[i], 1))
            if deep is not None:
                asked = [s for role, s in zip(plan.asks, said, strict=False) if role != "system"]
                passed.asked.append("\n".join(asked))
        return passed, refused, rules

    def _with_tools(self, example: _Example, raw: bytes) -> WithTools | None:
        """What an example with tools comes to; None when the rules must look."""
        tools, parallel = example.tools, example.parallel_tool_calls is not UNSET
        defined: Definitions | None = NO_TOOLS
        if not isinstance(tools, UnsetType):
            defined = define(tools, self._schemas) if tools else None
        elif parallel:
            return None
        if defined is None:
            return None
        found = talk(example.messages, defined.schemas)
        if found is None or not (found.defined or self._undefined):
            return None
        keys = 1 + (tools is not UNSET) + parallel + found.keys + defined.keys
        # Most lines hold what looks like a key in the arguments of calls and nowhere else: one count settles them.
        if raw.count(KEY) != keys + found.inner_keys and not _holds(raw, keys):
            return None
        found.texts.extend(defined.texts)
        return WithTools(found, defined.fixed, defined.hash)

    def _remember(
        self,
        passed: Passed,
        numbers: Sequence[int],
        text: bytes,
        breaks: Sequence[int],
        refused: set[int],
        rules: dict[int, list[Rule]],
        refuse: Callable[[int, bytes], None],
    ) -> None:
        """Remember what passed and hand on the others, in the order of the lines."""
        at = 0
        for i in sorted(refused | rules.keys()):
            raw = _line(text, breaks, i)
            if i not in refused:
                self._ask(numbers[i], raw, rules[i])
                continue
            stop = bisect_left(passed.lines, numbers[i], at)
            self._take(passed, at, stop)
            at = stop
            refuse(numbers[i], raw)
        self._take(passed, at, len(passed.lines))
        self._survey.take_common(passed)

    def _take(self, passed: Passed, start: int, stop: int) -> None:
        if start < stop:
            self._survey.take(passed, start, stop)
            self.passed += stop - start


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
