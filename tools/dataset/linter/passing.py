"""The streaming pass: every line is read, judged by the line and example rules, and remembered in the survey."""

from tools.dataset.example import Example
from tools.dataset.jsonline import decode
from tools.dataset.linter.collect import Collector
from tools.dataset.linter.context import Context, Line
from tools.dataset.linter.rule import rules_of
from tools.dataset.linter.survey import Survey
from tools.dataset.linter.triggers import Triggers
from tools.dataset.records import LintRequest
from tools.dataset.source import RawLine, TooLong
from tools.progress import Progress


class Pass:
    """One pass over one file."""

    def __init__(self, context: Context, collector: Collector, survey: Survey, request: LintRequest) -> None:
        from tools.tokens.chat import ChatCounter
        from tools.tokens.counting import choose
        from tools.tokens.encodings import counter

        self._context, self._collector, self._survey = context, collector, survey
        self.choice = choose(request.model)
        self.chat = ChatCounter(counter(self.choice.tokenizer)) if request.count_tokens else None
        self.objects = 0
        """Lines that hold a JSON object, whether or not it is an example."""
        self.blank = 0
        self.crlf = 0
        self._line_rules = rules_of("line")
        shape = context.format.shape if context.format else None
        example_rules = rules_of("example", shape) if shape else ()
        self._example_rules = tuple(r for r in example_rules if not r.triggers)
        self._triggered = Triggers(tuple(r for r in example_rules if r.triggers))
        context.tokens_of = self._tokens

    def _tokens(self, example: Example) -> int:
        return self.chat.count(example).total if self.chat else 0

    def run(self, progress: Progress) -> None:
        """Read the file to its end."""
        for block in self._context.source.blocks(progress):
            for number, raw in zip(block.numbers, block.lines, strict=True):
                self.line(number, raw)

    def line(self, number: int, raw: RawLine) -> None:
        """Judge one line with every rule."""
        line = Line(number, raw)
        if not isinstance(raw, TooLong):
            if raw.strip():
                line.value, line.ok, line.problems = decode(raw)
            else:
                self.blank += 1
            self.crlf += raw.endswith(b"\r")
        for rule in self._line_rules:
            for found in rule.check(line, self._context):
                self._collector.add(rule, found, number)
        if line.ok and isinstance(line.value, dict):
            self.objects += 1
            if self._context.format is not None and isinstance(raw, bytes):
                self._example(number, line.value, raw)

    def _example(self, number: int, value: dict[str, object], raw: bytes) -> None:
        form = self._context.format
        assert form is not None
        example = Example(number, form.shape, form.read(value), value)
        for rule in (*self._example_rules, *self._triggered.of(raw)):
            for found in rule.check(example, self._context):
                self._collector.add(rule, found, number)
        tokens = self._tokens(example)
        self._survey.add(example, tokens)
