"""The streaming pass: every line is read, judged by the line and example rules, and remembered in the survey."""

from collections.abc import Iterable

import msgspec

from tools.dataset.example import Example
from tools.dataset.jsonline import decode
from tools.dataset.linter.collect import Collector
from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.gate import Gate
from tools.dataset.linter.plan import Plans
from tools.dataset.linter.rule import Rule, rules_of
from tools.dataset.linter.survey import Survey
from tools.dataset.linter.triggers import Triggers
from tools.dataset.records import LintRequest
from tools.dataset.sieve import ROLES
from tools.dataset.source import RawLine, TooLong
from tools.progress import Progress

UNDEFINED_TOOL = "FT304"
"""The one rule without triggers that common, otherwise sound lines break: the gate sees where it must be asked."""


class Pass:
    """One pass over one file."""

    def __init__(self, context: Context, collector: Collector, survey: Survey, request: LintRequest) -> None:
        self._context, self._collector, self._survey = context, collector, survey
        self.objects = 0
        """Lines that hold a JSON object, whether or not it is an example."""
        self._line_rules = rules_of("line")
        shape = context.format.shape if context.format else None
        rules = rules_of("example", shape) if shape else ()
        self._example_rules = tuple(r for r in rules if not r.triggers)
        self._triggers = Triggers(
            tuple(r for r in rules if r.triggers and (request.secrets or not r.id.startswith("FT9")))
        )
        self._counting(request)

    def _counting(self, request: LintRequest) -> None:
        self.chat = self.batch = None
        if not request.count_tokens:
            return
        from tools.tokens.batch import BatchCounter
        from tools.tokens.chat import ChatCounter
        from tools.tokens.counting import choose
        from tools.tokens.encodings import counter

        self.choice = choose(request.model)
        self.chat = ChatCounter(counter(self.choice.tokenizer))
        if self.chat.template is None:
            self.batch = BatchCounter(self.chat.text, self._survey.tokens, self._context.source.size)

    def run(self, progress: Progress) -> None:
        """Read the file to its end."""
        gate = self._gate()
        try:
            for block in self._context.source.blocks(progress):
                if gate is not None:
                    gate.block(block)
                    continue
                for number, raw in zip(block.numbers, block.lines, strict=True):
                    self.line(number, raw)
        except BaseException:
            if self.batch is not None:
                self.batch.abandon()
            raise
        if self.batch is not None:
            self.batch.close()
        if self._survey.deep is not None:
            self._survey.deep.finish()
        if gate is not None:
            self._survey.finish(self._plans.values())
            self.objects += gate.passed

    def _gate(self) -> Gate | None:
        """The fast way: for chat files, when whole examples need no template of their own."""
        form = self._context.format
        if form is None or form.name != "openai_chat" or (self.chat is not None and self.batch is None):
            return None
        chat = self.chat
        self._plans = Plans({r: chat.around(r) for r in ROLES} if chat else {}, chat.per_example if chat else 0)
        return Gate(
            self._survey,
            self._triggers,
            self.line,
            self._ask,
            next((r for r in self._example_rules if r.id == UNDEFINED_TOOL), None),
            self._plans,
            self.batch,
        )

    def line(self, number: int, raw: RawLine) -> None:
        """Judge one line with every rule."""
        line = Line(number, raw)
        if not isinstance(raw, TooLong) and raw.strip():
            line.value, line.ok, line.problems = decode(raw)
        for rule in self._line_rules:
            for found in rule.check(line, self._context):
                self._collector.add(rule, found, number)
        if line.ok and isinstance(line.value, dict):
            self.objects += 1
            if self._context.format is not None and isinstance(raw, bytes):
                self._example(number, line.value, raw)

    def _ask(self, number: int, raw: bytes, rules: Iterable[Rule]) -> None:
        """Ask some rules about a line that is sound for all others and that the gate remembers."""
        form = self._context.format
        assert form is not None
        value = msgspec.json.decode(raw)
        example = Example(number, form.shape, form.read(value), value)
        for rule in rules:
            for found in rule.check(example, self._context):
                self._collector.add(rule, found, number)

    def _example(self, number: int, value: dict[str, object], raw: bytes) -> None:
        form = self._context.format
        assert form is not None
        example = Example(number, form.shape, form.read(value), value)
        for rule in (*self._example_rules, *self._triggers.of(raw)):
            for found in rule.check(example, self._context):
                self._collector.add(rule, found, number)
        if self.batch is not None and self.chat is not None:
            texts, fixed = self.chat.parts(example)
            self._survey.add(example, fixed)
            self.batch.add(len(self._survey) - 1, texts)
        else:
            self._survey.add(example, self.chat.count(example).total if self.chat else 0)
